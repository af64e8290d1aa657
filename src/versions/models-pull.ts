import { messageOf } from './message-of.ts'
import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { sweepParts } from '../download/sweep-parts.ts'
import { targetOf } from '../models/placement.ts'
import { checkSpace } from '../realize/space.ts'
import { isChange, type ModelStep } from '../realize/step.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { bringModels } from './bring-models.ts'
import { plannedModels, planVersionModels, type PlannedModel } from './models-plan.ts'

export interface PulledModel extends PlannedModel {
  /** What was done, or would have been done before it failed. */
  action: ModelStep['action']
  problem: string | null
}

export interface ModelsPull {
  version_id: string
  models_dir: string
  changed: boolean
  models: PulledModel[]
}

/**
 * Bring the models of a version into the store, and nothing else of it. `--models-dir` decides where
 * (R133); links inside a home are made by realize. A model that cannot come is told in its row.
 * @throws DISK_FULL, DISK_WRITE, INTERRUPTED, what `loadSpec` throws
 */
export async function pullModels(ctx: Ctx, selector: SpecSelector): Promise<ModelsPull> {
  const plan = await planVersionModels(ctx, selector)
  const { version, steps } = plan
  const { modelsDir } = version.roots
  sweepParts(
    ctx,
    version.models.map((model) => dirname(targetOf(version.roots, model))),
  )
  await checkSpace(ctx, { modelsDir }, steps)
  warnOfMissing(ctx, steps)
  const failures = await bringModels(ctx, version, steps)
  const problems = await Promise.all(
    steps.map(({ id }) => messageOf(ctx, failures.get(id) ?? null)),
  )
  const models = plannedModels(plan).map((model, index): PulledModel => {
    const { action = 'missing' } = steps[index] ?? {}
    const problem = problems[index] ?? null
    const isHere = action !== 'missing' && problem === null
    return { ...model, action, present: isHere, missing: isHere ? 0 : model.missing, problem }
  })
  return { version_id: version.id, models_dir: modelsDir, changed: steps.some(isChange), models }
}

function warnOfMissing(ctx: Ctx, steps: readonly ModelStep[]): void {
  for (const { action, path } of steps)
    if (action === 'missing')
      ctx.emit({ type: 'warning', code: 'OFFLINE_MODEL_MISSING', params: { name: path } })
}
