import type { Ctx } from '../../src/core/context.ts'
import type { Placement } from '../../src/models/placement.ts'
import type { ModelRoots } from '../../src/models/types.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import { bringModel } from '../../src/realize/bring-model.ts'
import type { LockModel } from '../../src/resolve/types.ts'

/** Bring one model to its target, as realize does it. */
export async function ensureModel(
  ctx: Ctx,
  roots: ModelRoots,
  model: LockModel,
  onLanded: () => void = () => {},
): Promise<Placement['kind']> {
  const agents = createHttpAgents()
  const { target_path: id } = model
  const request = { id, model, roots, anew: false, upTo: 'target', onLanded } as const
  try {
    return await bringModel(ctx, request, agents)
  } finally {
    destroyAgents(agents)
  }
}
