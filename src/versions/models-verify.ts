import { messageOf } from './message-of.ts'
import type { Ctx } from '../core/context.ts'
import { isComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { lookUpModels } from '../models/look-up-models.ts'
import { targetOf } from '../models/placement.ts'
import { parseSource } from '../models/sources/index.ts'
import { verifyModel, type ModelVerdict } from '../models/verify-model.ts'
import { withSizes } from '../realize/model-sizes.ts'
import { checkSpace } from '../realize/space.ts'
import type { ModelStep } from '../realize/step.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import type { LockModel } from '../spec/types.ts'
import { bringModels } from './bring-models.ts'
import { versionModels, type UnnamedModel, type VersionModels } from './version-models.ts'

export interface VerifiedModel {
  source: string
  /** Absolute; null: only the source knows its name. */
  path: string | null
  /** `foreign`: something else stands at its place; `repaired`: it was missing or damaged. */
  state: ModelVerdict['state'] | 'foreign' | 'repaired'
  /** What was compared; null: nothing could be. */
  checked: ModelVerdict['by']
  problem: string | null
}

export interface ModelsVerdict {
  version_id: string
  models_dir: string
  models: VerifiedModel[]
}

/**
 * Check every model of a version by size and, where one is known, by checksum (R64). With `repair`
 * what is missing is fetched, and what is damaged is fetched anew and replaced when it is whole;
 * offline nothing is.
 * @throws DISK_FULL, DISK_WRITE, INTERRUPTED, what `loadSpec` throws
 */
export async function verifyModels(
  ctx: Ctx,
  selector: SpecSelector,
  { repair }: { repair: boolean },
): Promise<ModelsVerdict> {
  const version = await versionModels(ctx, selector)
  const models: VerifiedModel[] = []
  // One after the other: the disk is what they would wait for.
  for (const [index, model] of version.models.entries())
    models.push(await verifyOne(ctx, version, model, index))
  const mended = repair && !version.offline ? await repairAll(ctx, version, models) : models
  const unnamed = await Promise.all(version.unnamed.map((model) => unnamedRow(ctx, model)))
  return {
    version_id: version.id,
    models_dir: version.roots.modelsDir,
    models: [...mended, ...unnamed],
  }
}

/** The store has no record of its source. */
async function unnamedRow(ctx: Ctx, { source, reason }: UnnamedModel): Promise<VerifiedModel> {
  const problem = await messageOf(ctx, reason)
  return { source: redact(source), path: null, state: 'missing', checked: null, problem }
}

async function verifyOne(
  ctx: Ctx,
  { roots }: VersionModels,
  model: LockModel,
  index: number,
): Promise<VerifiedModel> {
  const path = targetOf(roots, model)
  const row = { source: redact(model.source), path }
  const fact = { id: `model:${index}`, kind: 'model', subject: path }
  const started = ctx.clock.now()
  ctx.emit({ type: 'step.start', ...fact })
  try {
    const source = parseSource(ctx, model.source, '/')
    const options = { hash: true, inStore: true }
    const { state, by } = await verifyModel(ctx, roots, model, source, options)
    const ms = ctx.clock.now() - started
    ctx.emit({ type: 'step.end', ...fact, ms, reused: true })
    return { ...row, state, checked: by, problem: null }
  } catch (error) {
    if (!isComfypinError(error) || error.code === 'INTERRUPTED') throw error
    ctx.emit({ type: 'step.fail', ...fact, code: error.code })
    return { ...row, state: 'foreign', checked: null, problem: await messageOf(ctx, error) }
  }
}

async function repairAll(
  ctx: Ctx,
  version: VersionModels,
  models: readonly VerifiedModel[],
): Promise<VerifiedModel[]> {
  const steps = models.flatMap((model, index) =>
    model.path !== null && ['missing', 'size', 'checksum'].includes(model.state)
      ? [repairStep({ ...model, path: model.path }, index)]
      : [],
  )
  await checkSpace(ctx, version.roots, await withKnownSizes(ctx, version, steps))
  const failures = await bringModels(ctx, version, steps, damagedIn(models, steps))
  const repaired = new Set(steps.map(({ index }) => index))
  return Promise.all(
    models.map(async (model, index): Promise<VerifiedModel> => {
      if (!repaired.has(index)) return model
      const problem = await messageOf(ctx, failures.get(`model:${index}`) ?? null)
      return problem === null ? { ...model, state: 'repaired' } : { ...model, problem }
    }),
  )
}

/** A damaged file stays until a good one is whole, so all of it has to fit; a source comes once. */
async function withKnownSizes(
  ctx: Ctx,
  { models, roots }: VersionModels,
  steps: readonly ModelStep[],
): Promise<ModelStep[]> {
  const first = [...new Map(steps.toReversed().map((step) => [step.source, step])).values()]
  const wanted = first.flatMap(({ index }) => models[index] ?? [])
  const facts = lookUpModels(ctx, roots, wanted, '/')
  const sized = await withSizes(
    ctx,
    facts.map((fact) => ({ ...fact, present: false, size: null })),
  )
  return first.map((step, at) => ({
    ...step,
    size: sized[at]?.size ?? null,
    arrived: facts[at]?.arrived ?? 0,
  }))
}

/** Where two targets share a source, fetching it once mends both. */
function damagedIn(
  models: readonly VerifiedModel[],
  steps: readonly ModelStep[],
): ReadonlySet<string> {
  const damaged = steps.filter(({ index }) => models[index]?.state !== 'missing')
  return new Set(new Map(damaged.map(({ source, id }) => [source, id])).values())
}

function repairStep({ source, path }: { source: string; path: string }, index: number): ModelStep {
  return {
    id: `model:${index}`,
    kind: 'model',
    needs: [],
    index,
    source,
    path,
    action: 'download',
    size: null,
    arrived: 0,
  }
}
