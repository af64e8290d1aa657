import { posix } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { probeSource } from '../models/probe-source.ts'
import { parseSource, sourceAddress } from '../models/sources/index.ts'
import { createHttpAgents, destroyAgents } from '../platform/open-url.ts'
import { SpecInvalidError } from '../spec/problems.ts'
import type { LockModel, SpecModel } from '../spec/types.ts'
import type { LoadedSpec } from './load-spec.ts'
import { assignTargets, type PlacedModel } from './model-targets.ts'

/**
 * The models of a spec with their exact targets. A name that only the server knows is asked for once;
 * after that the lock knows it, so that an unchanged spec needs no network (R17, R25).
 * @param known models of the lock
 * @param leaveOut gets the source of each model that has no name offline; null: that is a failure
 * @throws MODEL_NAME_UNKNOWN offline, SPEC_INVALID when the server gives no name or one that collides,
 *   what `probeSource` throws
 */
export async function resolveModels(
  ctx: Ctx,
  loaded: LoadedSpec,
  known: readonly LockModel[],
  offline: boolean,
  leaveOut: ((source: string) => void) | null = null,
): Promise<LockModel[]> {
  if (loaded.nameless.length === 0) return loaded.models.map(lockModel)
  const names = namesInLock(loaded, known)
  const unknown = loaded.nameless.filter((index) => !names.has(index))
  if (offline && leaveOut !== null)
    unknown.forEach((index) => leaveOut(loaded.spec.models[index]?.source ?? ''))
  else
    for (const [index, name] of await askNames(ctx, loaded, unknown, offline))
      names.set(index, name)
  const { models, problems } = assignTargets(loaded.spec.models, names)
  if (problems.length > 0) throw new SpecInvalidError(loaded.file, problems.map(loaded.place))
  return models.map(lockModel)
}

function lockModel({ model, target_path }: PlacedModel): LockModel {
  const { source, target, checksum } = model
  return { source, target_path, root: target.root, checksum }
}

function namesInLock(
  { spec, nameless }: LoadedSpec,
  known: readonly LockModel[],
): Map<number, string | null> {
  const names = new Map<number, string | null>()
  for (const index of nameless) {
    const model = spec.models[index]
    const before = known.find((one) => model !== undefined && isSameModel(model, one))
    if (before !== undefined) names.set(index, posix.basename(before.target_path))
  }
  return names
}

function isSameModel({ source, target }: SpecModel, known: LockModel): boolean {
  const folder = posix.dirname(known.target_path)
  return (
    target.root === known.root &&
    target.dir === (folder === '.' ? '' : folder) &&
    canonical(source) === canonical(known.source)
  )
}

function canonical(source: string): string {
  return sourceAddress(source, '/').canonical
}

async function askNames(
  ctx: Ctx,
  { spec }: LoadedSpec,
  indexes: readonly number[],
  offline: boolean,
): Promise<[number, string | null][]> {
  const agents = createHttpAgents()
  const askName = async (index: number): Promise<[number, string | null]> => {
    const source = spec.models[index]?.source ?? ''
    if (offline) throw new ComfypinError('MODEL_NAME_UNKNOWN', { source })
    const { fileName } = await probeSource(ctx, parseSource(ctx, source, '/'), agents)
    return [index, fileName]
  }
  try {
    return await Promise.all(indexes.map(askName))
  } finally {
    destroyAgents(agents)
  }
}
