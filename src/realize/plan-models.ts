import { redact } from '../core/redact.ts'
import { sourceAddress } from '../models/sources/index.ts'
import type { ModelPresence } from '../models/types.ts'
import type { LockModel } from '../spec/types.ts'
import { packOf } from './pack-models.ts'
import type { ModelStep, PackStep } from './step.ts'

export interface ModelPlan {
  readonly models: readonly LockModel[]
  readonly offline: boolean
  readonly skipModels: boolean
  /** Models by index that have no place. */
  readonly packless: ReadonlySet<number>
}

/**
 * What has to happen with each model of a lock. One source is fetched once: where a lock names it
 * again, that is a link to what the first one brings.
 * @param facts of each model, in order; none when the models are left out
 * @param packs models that go into the folder of one of them come after it
 */
export function planModels(
  plan: ModelPlan,
  facts: readonly ModelPresence[],
  packs: readonly PackStep[],
): ModelStep[] {
  const fetched = new Map<string, string>()
  return plan.models.map((model, index): ModelStep => {
    const fact = facts[index]
    const around = packAround(packs, model)
    const isSkipped = plan.skipModels || plan.packless.has(index)
    const action = isSkipped ? 'skip' : actionOf(plan, fact, around)
    const id = `model:${index}`
    const { canonical } = sourceAddress(model.source, '/')
    const isFetched = action === 'download' || action === 'copy'
    const first = isFetched ? (fetched.get(canonical) ?? null) : null
    if (isFetched && first === null) fetched.set(canonical, id)
    return {
      id,
      kind: 'model',
      needs: [...(around === null ? [] : [around.id]), ...(first === null ? [] : [first])],
      action: first === null ? action : 'link',
      index,
      source: redact(model.source),
      path: fact?.path ?? model.target_path,
      size: fact?.size ?? null,
      arrived: fact?.arrived ?? 0,
    }
  })
}

function actionOf(
  { offline }: ModelPlan,
  fact: ModelPresence | undefined,
  around: PackStep | null,
): ModelStep['action'] {
  if (fact?.present === true) return 'present'
  const local = fact?.local ?? false
  if (around?.action === 'missing' || (offline && !local)) return 'missing'
  if (fact?.way === 'link' || fact?.way === 'adopt') return fact.way
  return local ? 'copy' : 'download'
}

/** The pack whose folder a model goes into: it comes first, and without it the model cannot. */
function packAround(packs: readonly PackStep[], model: LockModel): PackStep | null {
  const folder = packOf(model)
  return packs.find(({ pack, action }) => pack === folder && action !== 'remove') ?? null
}
