import { posix } from 'node:path'
import pMap from 'p-map'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, isComfypinError } from '../core/errors.ts'
import { probeSource } from '../models/probe-source.ts'
import { sourceKey } from '../models/record-name.ts'
import { sourceIdentity } from '../models/source-identity.ts'
import { parseSource } from '../models/sources/index.ts'
import { readIndex } from '../models/store.ts'
import { createHttpAgents, destroyAgents } from '../platform/open-url.ts'
import { homeOf, modelsDirOf } from '../platform/paths.ts'
import { SpecInvalidError } from '../spec/problems.ts'
import type { LockModel, Spec, SpecModel } from '../spec/types.ts'
import type { LoadedSpec } from './load-spec.ts'
import { assignTargets, type PlacedModel } from './model-targets.ts'

/** What is needed of a spec to place its models. */
export type ModelSpec = Pick<LoadedSpec, 'file' | 'models' | 'nameless' | 'place'> & {
  spec: Pick<Spec, 'version_id' | 'models'>
}

export interface NameOptions {
  readonly offline: boolean
  /**
   * Whoever only wants to see or fetch the bytes takes the name that the model store has for a source:
   * before its server is asked when the file lies where the spec wants it, else when that does not
   * answer. Never for a lock: another version may have chosen the name (default false).
   */
  readonly isStoreEnough?: boolean
  /** Gets each model whose name is not to be had, and why; null: that is a failure. */
  readonly leaveOut?: LeaveOut | null
}

export type LeaveOut = (model: SpecModel, reason: ComfypinError) => void

/**
 * The models of a spec with their exact targets. A name that only the server knows is asked for once;
 * after that the lock knows it, so that an unchanged spec needs no network (R17, R25).
 * @param known models of the lock
 * @throws MODEL_NAME_UNKNOWN offline, SPEC_INVALID when the server gives no name or one that collides,
 *   what `probeSource` throws
 */
export async function resolveModels(
  ctx: Ctx,
  loaded: ModelSpec,
  known: readonly LockModel[],
  options: NameOptions,
): Promise<LockModel[]> {
  if (loaded.nameless.length === 0) return loaded.models.map(lockModel)
  const names = namesInLock(loaded, known)
  const unknown = loaded.nameless.filter((index) => !names.has(index))
  for (const [index, name] of await findNames(ctx, loaded, unknown, options)) names.set(index, name)
  const { models, problems } = assignTargets(loaded.spec.models, names)
  if (problems.length > 0) throw new SpecInvalidError(loaded.file, problems.map(loaded.place))
  return models.map(lockModel)
}

function lockModel({ model, target_path }: PlacedModel): LockModel {
  const { source, target, checksum } = model
  return { source, target_path, root: target.root, checksum }
}

/** By index in the spec; null: its server gives none. */
type Names = Map<number, string | null>

function namesInLock({ spec, nameless }: ModelSpec, known: readonly LockModel[]): Names {
  const names: Names = new Map()
  for (const index of nameless) {
    const model = spec.models[index]
    const before = known.find((one) => model !== undefined && isSameModel(model, one))
    if (before !== undefined) names.set(index, posix.basename(before.target_path))
  }
  return names
}

function isSameModel({ source, target }: SpecModel, known: LockModel): boolean {
  return (
    target.root === known.root &&
    target.dir === folderOf(known.target_path) &&
    sourceIdentity(source, '/') === sourceIdentity(known.source, '/')
  )
}

function folderOf(path: string): string {
  const folder = posix.dirname(path)
  return folder === '.' ? '' : folder
}

/** @throws MODEL_NAME_UNKNOWN, what `probeSource` throws */
async function findNames(
  ctx: Ctx,
  { spec }: ModelSpec,
  indexes: readonly number[],
  { offline, isStoreEnough = false, leaveOut = null }: NameOptions,
): Promise<Names> {
  const storedName = nameInStore(ctx, spec.version_id)
  const names: Names = new Map()
  const open = indexes.flatMap((index) => {
    const model = spec.models[index]
    const stored = model === undefined || !isStoreEnough ? null : storedName(model)
    if (stored?.isInPlace === true || (stored !== null && offline)) names.set(index, stored.name)
    return model === undefined || names.has(index) ? [] : [{ index, model, stored }]
  })
  const answers = await askNames(
    ctx,
    open.map(({ model }) => model.source),
    offline,
  )
  for (const [at, { index, model, stored }] of open.entries()) {
    const answer = answers[at] ?? null
    if (!isComfypinError(answer)) names.set(index, answer)
    else if (stored !== null) names.set(index, stored.name)
    else if (leaveOut === null) throw answer
    else leaveOut(model, answer)
  }
  return names
}

interface StoredName {
  readonly name: string
  /** It lies in the folder that the spec wants. */
  readonly isInPlace: boolean
}

/** What the store's index calls the file of a source; null: the source was never there. */
function nameInStore({ settings }: Ctx, id: string): (model: SpecModel) => StoredName | null {
  const index = readIndex(modelsDirOf(settings, homeOf(settings, id)))
  return ({ source, target }) => {
    const record = index.recordOf(sourceKey(sourceIdentity(source, '/')))
    if (record === null) return null
    const isInPlace = target.root === 'home' || target.dir === folderOf(record.path)
    return { name: posix.basename(record.path), isInPlace }
  }
}

/** What each server says, or why it says nothing. */
async function askNames(
  ctx: Ctx,
  sources: readonly string[],
  offline: boolean,
): Promise<(string | null | ComfypinError)[]> {
  const agents = createHttpAgents()
  const askName = async (source: string): Promise<string | null | ComfypinError> => {
    if (offline) return new ComfypinError('MODEL_NAME_UNKNOWN', { source })
    try {
      return (await probeSource(ctx, parseSource(ctx, source, '/'), agents)).fileName
    } catch (error) {
      if (isComfypinError(error) && error.code !== 'INTERRUPTED') return error
      throw error
    }
  }
  try {
    return await pMap(sources, askName, { concurrency: ctx.settings.downloadConnections })
  } finally {
    destroyAgents(agents)
  }
}
