import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import type { ModelRoots } from '../models/types.ts'
import { readTextIfExists } from '../platform/files.ts'
import { cachePaths, homeOf, modelsDirOf } from '../platform/paths.ts'
import { loadSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { parseLock } from '../resolve/lock-schema.ts'
import { resolveModels } from '../resolve/resolve-models.ts'
import type { LockModel } from '../spec/types.ts'

/** The models of a version, and where they go. */
export interface VersionModels {
  readonly id: string
  readonly models: readonly LockModel[]
  readonly roots: ModelRoots
  readonly offline: boolean
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
    models: await resolveModels(ctx, loaded, lockedModels(ctx, id), offline),
    roots: { home, modelsDir: modelsDirOf(settings, home) },
    offline,
  }
}

/** None from a damaged lock: names are then asked for again. */
function lockedModels({ settings }: Ctx, id: string): readonly LockModel[] {
  const file = cachePaths(settings.cacheRoot).lock(id)
  const text = readTextIfExists(file)
  try {
    return text === null ? [] : parseLock(text, file, id).models
  } catch (error) {
    if (hasCode(error, 'LOCK_INVALID')) return []
    throw error
  }
}
