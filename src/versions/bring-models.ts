import type { Ctx } from '../core/context.ts'
import type { ComfypinError } from '../core/errors.ts'
import { createHttpAgents, destroyAgents } from '../platform/open-url.ts'
import { apply, COPIES, type RunStep } from '../realize/apply.ts'
import { bringModel } from '../realize/bring-model.ts'
import type { ModelStep } from '../realize/step.ts'
import { isFailureOfOne } from './failure-of-one.ts'
import type { ModelSet } from './version-models.ts'

/**
 * Bring models into the store, several at once. One that cannot come does not stop the
 * others.
 * @param anew ids of steps whose bytes are damaged
 * @returns by the step's id what went wrong
 * @throws DISK_FULL, DISK_WRITE, INTERRUPTED
 */
export async function bringModels(
  ctx: Ctx,
  { models, roots }: ModelSet,
  steps: readonly ModelStep[],
  anew: ReadonlySet<string> = new Set(),
): Promise<ReadonlyMap<string, ComfypinError>> {
  const failures = new Map<string, ComfypinError>()
  const agents = createHttpAgents()
  const run: RunStep = async (inner, step, onLanded) => {
    const model = step.kind === 'model' ? models[step.index] : undefined
    if (model === undefined) return true
    const { id } = step
    const request = { id, model, roots, anew: anew.has(id), upTo: 'store', onLanded } as const
    try {
      return (await bringModel(inner, request, agents)) === 'present'
    } catch (error) {
      if (!isFailureOfOne(error)) throw error
      failures.set(id, error)
      return false
    }
  }
  try {
    await apply(ctx, steps, run, { model: ctx.settings.downloadConcurrency, copy: COPIES })
    return failures
  } finally {
    destroyAgents(agents)
  }
}
