import type { Ctx } from '../core/context.ts'
import { requireSpace } from '../download/require-space.ts'
import type { RealizeJob } from './job.ts'
import { isChange, type Step } from './step.ts'

/**
 * Compare what all models need together with what is free, before the first byte moves (R66).
 * @throws DISK_FULL
 */
export function checkSpace(ctx: Ctx, job: RealizeJob, steps: readonly Step[]): void {
  let needed = 0
  for (const step of steps) {
    if (step.kind !== 'model' || !isChange(step)) continue
    if (step.size === null)
      ctx.emit({ type: 'warning', code: 'MODEL_SIZE_UNKNOWN', params: { source: step.source } })
    needed += step.size ?? 0
  }
  requireSpace(ctx, job.modelsDir, needed)
}
