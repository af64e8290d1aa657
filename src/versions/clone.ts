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
import type { DraftNote } from '../spec/draft.ts'
import { isRecord, parseJson } from '../spec/parse-entries.ts'
import { stateFolder } from '../spec/state-folder.ts'
import { editSpecText, type SpecEdit } from '../spec/write-edits.ts'
import { requireFreeSpec, specFileOf } from './spec-file.ts'
import { requireFreeState } from './state/place-state.ts'
import { shownState, type TakenState } from './state/shown-state.ts'
import type { FoundState } from './state/types.ts'
import { NO_STATE } from './state/take-state.ts'
import { stateOfVersion } from './state/version-state.ts'
import { writeVersion } from './write-version.ts'

export interface CloneOptions {
  force: boolean
  /** Take along what the packs keep in their folders. */
  state: boolean
}

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
  /** Files of packs that came along. */
  state: TakenState[]
  /** Where the folder of state that was replaced is kept. */
  kept_state: string | null
  notes: readonly DraftNote[]
}

/**
 * A second version with the same commits, packages and models (R105). Spec, lock and Python lock are
 * a few kilobytes; everything large is shared, and the home is made by the next realize. What packs
 * keep in their folders is copied beside the new spec.
 * @throws SPEC_NOT_FOUND, SPEC_INVALID, SPEC_EXISTS, FILE_EXISTS, ID_INVALID, LOCK_INVALID,
 *   STATE_UNKNOWN, STATE_UNUSABLE
 */
export function cloneVersion(
  ctx: Ctx,
  source: string,
  id: string,
  options: CloneOptions,
): CloneResult {
  const { settings } = ctx
  const loaded = loadSpec(ctx, { id: source, path: null })
  const file = specFileOf(settings, requireVersionId(id))
  if (id === source || id === loaded.spec.version_id)
    throw new ComfypinError('USAGE', { reason: say(settings.language, 'cloneSame', { id }) })
  requireFreeSpec(file, id, options.force)
  const known = loaded.spec.version_id
  const [lock, pylock] = [findLock(settings, known), findPylock(settings, known)]
  const { packs, notes } = options.state ? stateOfVersion(ctx, loaded) : NO_STATE
  requireFreeState(file, id, packs, options.force)
  const edits = [...idEdits(loaded, id), ...stateEdits(loaded, id, packs)]
  const text = editSpecText(loaded.text, edits)
  const { kept, keptState } = writeVersion(file, id, { text, state: packs, force: options.force })
  const cache = cachePaths(settings.cacheRoot)
  return {
    version_id: id,
    source_id: source,
    file,
    kept,
    lock: save(cache.lock(id), lock === null ? null : relabel(lock, known, id)),
    pylock: save(cache.pylock(id), pylock),
    state: shownState(packs),
    kept_state: keptState,
    notes,
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

/** Each pack with state names the clone's own folder; what the source says of it is not the clone's. */
function stateEdits({ spec }: LoadedSpec, id: string, packs: FoundState['packs']): SpecEdit[] {
  const taken = new Set(packs.map(({ pack }) => pack))
  return spec.custom_nodes.flatMap(({ name, state }, index): SpecEdit[] => {
    const path = ['custom_nodes', index, 'state']
    if (taken.has(name)) return [{ kind: 'set', path, value: stateFolder(id, name) }]
    return state === null ? [] : [{ kind: 'remove', path }]
  })
}

function save(path: string, text: string | null): string | null {
  if (text === null) return null
  writeAtomic(path, text)
  return path
}
