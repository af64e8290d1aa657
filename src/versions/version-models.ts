import { posix } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { hasCode, type ComfypinError } from '../core/errors.ts'
import { categoryOf } from '../models/category.ts'
import type { ModelRoots } from '../models/types.ts'
import { homeOf, modelsDirOf } from '../platform/paths.ts'
import { findLock } from '../resolve/known-lock.ts'
import { loadSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { parseLock } from '../resolve/lock-schema.ts'
import { resolveModels, type ModelSpec } from '../resolve/resolve-models.ts'
import type { LockModel } from '../spec/types.ts'

/** Models, and where they go. */
export interface ModelSet {
  readonly models: readonly LockModel[]
  /** Those whose names only their servers know, and nobody could ask: their place is not known. */
  readonly unnamed: readonly UnnamedModel[]
  readonly roots: ModelRoots
  /** True when nobody said which home is meant. */
  readonly isHomeless: boolean
  readonly offline: boolean
}

export interface UnnamedModel {
  readonly source: string
  readonly category: string | null
  readonly reason: ComfypinError
}

/** The models of a version. */
export interface VersionModels extends ModelSet {
  readonly id: string
}

/**
 * Read the models of a spec. Repositories are not asked: whoever wants the models alone needs none.
 * @throws what `loadSpec` and `resolveModels` throw
 */
export async function versionModels(ctx: Ctx, selector: SpecSelector): Promise<VersionModels> {
  const { settings } = ctx
  const loaded = loadSpec(ctx, selector)
  const { version_id: id, options } = loaded.spec
  const offline = settings.offline ?? options.offline
  const home = homeOf(settings, id)
  return {
    id,
    ...(await nameModels(ctx, loaded, lockedModels(ctx, id), offline)),
    roots: { home, modelsDir: modelsDirOf(settings, home) },
    isHomeless: false,
    offline,
  }
}

/** Names of the lock, of the model store and of the servers; a model without any stops nobody. */
export async function nameModels(
  ctx: Ctx,
  loaded: ModelSpec,
  known: readonly LockModel[],
  offline: boolean,
): Promise<Pick<ModelSet, 'models' | 'unnamed'>> {
  const unnamed: UnnamedModel[] = []
  const models = await resolveModels(ctx, loaded, known, {
    offline,
    isStoreEnough: true,
    leaveOut: ({ source, target: { root, dir } }, reason) => {
      const category = categoryOf({ root, target_path: posix.join(dir, 'file') })
      unnamed.push({ source, category, reason })
    },
  })
  return { models, unnamed }
}

/** None from a damaged lock: names are then asked for again. */
function lockedModels({ settings }: Ctx, id: string): readonly LockModel[] {
  const found = findLock(settings, id)
  try {
    return found === null ? [] : parseLock(found.text, found.file, id).models
  } catch (error) {
    if (hasCode(error, 'LOCK_INVALID')) return []
    throw error
  }
}
