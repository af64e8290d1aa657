import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { say } from '../core/messages.ts'
import { writeAtomic } from '../platform/files.ts'
import { cachePaths, requireVersionId } from '../platform/paths.ts'
import { findPylock } from '../realize/python-lock.ts'
import { findLock, type LockFile } from '../resolve/known-lock.ts'
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
  const known = loaded.spec.version_id
  const [lock, pylock] = [findLock(settings, known), findPylock(settings, known)]
  const text = editSpecText(loaded.text, idEdits(loaded, id))
  const kept = writeNewSpec(file, id, text, options.force)
  const cache = cachePaths(settings.cacheRoot)
  return {
    version_id: id,
    source_id: source,
    file,
    kept,
    lock: save(cache.lock(id), lock === null ? null : relabel(lock, known, id)),
    pylock: save(cache.pylock(id), pylock),
  }
}

function relabel({ file, text }: LockFile, source: string, id: string): string {
  return lockText({ ...parseLock(text, file, source), version_id: id })
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
