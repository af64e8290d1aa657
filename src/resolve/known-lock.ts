import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import { readTextIfExists } from '../platform/files.ts'
import { cachePaths, homeOf, markerOf } from '../platform/paths.ts'
import { isRecord, parseJson } from '../spec/parse-entries.ts'
import { parseLock } from './lock-schema.ts'
import type { Lock } from './types.ts'

/** The text of a lock and the file that it was found in. */
export interface LockFile {
  file: string
  text: string
}

/**
 * What pins a version so far: its lock, or, when that is lost with the cache, what its home was made
 * from. A cache that somebody deleted must not move a version that follows a branch (R27, R92).
 */
export function findLock(settings: Settings, id: string): LockFile | null {
  const file = cachePaths(settings.cacheRoot).lock(id)
  const text = readTextIfExists(file)
  return text === null ? lockOfHome(settings, id) : { file, text }
}

/**
 * The same, read. A damaged lock is no obstacle to making it again, as its error recommends.
 * Pins of a home are told, unless every one is asked for anew.
 * @throws LOCK_INVALID
 */
export function readKnownLock(
  ctx: Ctx,
  id: string,
  { refresh, offline }: { refresh: boolean; offline: boolean },
): Lock | null {
  const found = findLock(ctx.settings, id)
  if (found === null) return null
  const isMadeAnew = refresh && !offline
  if (found.file === homeMarker(ctx.settings, id) && !isMadeAnew)
    ctx.emit({ type: 'warning', code: 'LOCK_FROM_HOME', params: { id, file: found.file } })
  try {
    return parseLock(found.text, found.file, id)
  } catch (error) {
    if (hasCode(error, 'LOCK_INVALID') && isMadeAnew) return null
    throw error
  }
}

function lockOfHome(settings: Settings, id: string): LockFile | null {
  const file = homeMarker(settings, id)
  const marker = parseJson(readTextIfExists(file) ?? '')
  if (!isRecord(marker) || marker['tool'] !== 'comfypin' || marker['version_id'] !== id) return null
  const { lock } = marker
  return typeof lock === 'string' ? { file, text: lock } : null
}

function homeMarker(settings: Settings, id: string): string {
  return markerOf(homeOf(settings, id))
}
