import type { Ctx } from '../../core/context.ts'
import { isComfypinError } from '../../core/errors.ts'
import { ignoreEvents } from '../../core/events.ts'
import { readRecords } from '../../models/store.ts'
import { homeOf, modelsDirOf } from '../../platform/paths.ts'
import { loadSpec } from '../../resolve/load-spec.ts'
import { listSpecIds } from '../../spec/locate.ts'

/** A model whose source is known on this machine. */
export interface KnownModel {
  source: string
  /** Below the model store, with its name. */
  path: string
  sha256: string | null
}

/** Models of the store's index and of all other versions' specs. */
export function knownModels(ctx: Ctx): KnownModel[] {
  const store = modelsDirOf(ctx.settings, homeOf(ctx.settings, 'new'))
  const stored = readRecords(store).map(({ source, path, sha256 }) => ({ source, path, sha256 }))
  return [...listSpecIds(ctx.settings.versionsDir).flatMap((id) => specModels(ctx, id)), ...stored]
}

function specModels(ctx: Ctx, id: string): KnownModel[] {
  try {
    return loadSpec({ ...ctx, emit: ignoreEvents }, { id, path: null })
      .models.filter(({ model }) => model.target.root === 'models')
      .map(({ model: { source, checksum }, target_path: path }) => ({
        source,
        path,
        sha256: checksum?.algorithm === 'sha256' ? checksum.hex : null,
      }))
  } catch (error) {
    if (isComfypinError(error)) return [] // another version's spec is not what was asked about
    throw error
  }
}
