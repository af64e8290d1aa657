import type { Ctx } from '../core/context.ts'
import { requireQuota, requireSpace } from '../download/require-space.ts'
import { bytesToWrite, type Step } from './step.ts'

/**
 * Compare what all models need together with what is free, before the first byte moves (R66). What
 * is linked, adopted or arrived in an earlier run needs nothing.
 * @throws DISK_FULL
 */
export async function checkSpace(
  ctx: Ctx,
  { modelsDir }: { readonly modelsDir: string },
  steps: readonly Step[],
): Promise<void> {
  let needed = 0
  for (const step of steps) {
    const bytes = bytesToWrite(step)
    if (bytes === null && step.kind === 'model')
      ctx.emit({ type: 'warning', code: 'MODEL_SIZE_UNKNOWN', params: { source: step.source } })
    needed += bytes ?? 0
  }
  requireSpace(ctx, modelsDir, needed)
  await requireQuota(ctx, modelsDir, needed)
}
