import type { Ctx } from '../../src/core/context.ts'
import { copyLocal } from '../../src/download/copy-local.ts'
import { transfer } from '../../src/download/transfer.ts'
import { adoptModel } from '../../src/models/adopt-model.ts'
import { withModelLock } from '../../src/models/model-lock.ts'
import { linkModel, recordModel } from '../../src/models/place-model.ts'
import { placementOf, type Placement } from '../../src/models/placement.ts'
import { sizeOf } from '../../src/models/probe-source.ts'
import { parseSource } from '../../src/models/sources/index.ts'
import type { ModelRoots } from '../../src/models/types.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import type { LockModel } from '../../src/resolve/types.ts'

/** Bring one model to its target with nothing but `models/` and `download/`, as realize does it. */
export async function ensureModel(
  ctx: Ctx,
  roots: ModelRoots,
  model: LockModel,
): Promise<Placement['kind']> {
  const source = parseSource(ctx, model.source, '/')
  const agents = createHttpAgents()
  try {
    return await withModelLock(ctx, roots, model, source, async () => {
      const placement = placementOf(roots, model, source)
      const { kind, bytes: target } = placement
      const common = { id: model.target_path, target, checksum: model.checksum }
      if (kind === 'occupied')
        await adoptModel(ctx, roots, model, source, () => sizeOf(ctx, source, agents))
      if (kind === 'missing') {
        const facts =
          source.kind === 'file'
            ? await copyLocal(ctx, { ...common, from: source.path })
            : await transfer(ctx, {
                ...common,
                source: source.text,
                url: source.url,
                headers: source.headers,
                expectedSize: null,
                describe: source.hintFor,
                renew: null,
                agents,
              })
        recordModel(roots, source, placement, facts)
      }
      if (kind !== 'present') linkModel(roots, model, placement)
      return kind
    })
  } finally {
    destroyAgents(agents)
  }
}
