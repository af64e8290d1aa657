import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { say } from '../core/messages.ts'
import { readTextIfExists, writeAtomic } from '../platform/files.ts'
import { cachePaths, homeOf, requireVersionId } from '../platform/paths.ts'
import { readMarker } from '../realize/marker.ts'
import { loadSpec, type LoadedSpec } from '../resolve/load-spec.ts'
import { parseLock } from '../resolve/lock-schema.ts'
import { lockText } from '../resolve/lock-text.ts'
import { isRecord, parseJson } from '../spec/parse-entries.ts'
import { editSpecText, type SpecEdit } from '../spec/write-edits.ts'
import { requireFreeSpec, specFileOf, writeNewSpec } from './spec-file.ts'

export interface CloneResult {
  version_id: string
  source_id: string
  /** Path of the new spec. */
  file: string
  /** Where the spec that was replaced is kept. */
  kept: string | null
  /** Path of the new lock; null: the source has none, so the clone is pinned when it is resolved. */
  lock: string | null
  /** Path of the new Python lock; null: the source has none. */
  pylock: string | null
}

/**
 * A second version with the same commits, packages and models (R105). Spec, lock and Python lock are
 * a few kilobytes; everything large is shared, and the home is made by the next realize.
 * @throws SPEC_NOT_FOUND, SPEC_INVALID, SPEC_EXISTS, ID_INVALID, LOCK_INVALID
 */
export function cloneVersion(
  ctx: Ctx,
  source: string,
  id: string,
  options: { force: boolean },
): CloneResult {
  const { settings } = ctx
  const loaded = loadSpec(ctx, { id: source, path: null })
  const file = specFileOf(settings, requireVersionId(id))
  if (id === source || id === loaded.spec.version_id)
    throw new ComfypinError('USAGE', { reason: say(settings.language, 'cloneSame', { id }) })
  requireFreeSpec(file, id, options.force)
  const pins = pinsOf(ctx, loaded)
  const text = editSpecText(loaded.text, idEdits(loaded, id))
  const kept = writeNewSpec(file, id, text, options.force)
  const cache = cachePaths(settings.cacheRoot)
  return {
    version_id: id,
    source_id: source,
    file,
    kept,
    lock: save(cache.lock(id), pins.lock === null ? null : relabel(pins.lock, source, id)),
    pylock: save(cache.pylock(id), pins.pylock),
  }
}

/** The cache may have been deleted since; the home remembers what it was made from. */
function pinsOf(
  { settings }: Ctx,
  { spec }: LoadedSpec,
): { lock: string | null; pylock: string | null } {
  const cache = cachePaths(settings.cacheRoot)
  const id = spec.version_id
  const marker = readMarker(homeOf(settings, id))
  const lock = readTextIfExists(cache.lock(id)) ?? (marker?.version_id === id ? marker.lock : null)
  return { lock, pylock: readTextIfExists(cache.pylock(id)) }
}

function relabel(text: string, source: string, id: string): string {
  return lockText({ ...parseLock(text, source, source), version_id: id })
}

/** A spec may say `version_id`, the older `id`, or both. */
function idEdits({ text }: LoadedSpec, id: string): SpecEdit[] {
  const value = parseJson(text)
  const keys = ['version_id', 'id'].filter((key) => isRecord(value) && Object.hasOwn(value, key))
  return keys.map((key) => ({ kind: 'set', path: [key], value: id }))
}

function save(path: string, text: string | null): string | null {
  if (text === null) return null
  writeAtomic(path, text)
  return path
}
