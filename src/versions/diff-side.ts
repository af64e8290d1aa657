import { basename, dirname, join, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { readTextIfExists, statIfExists } from '../platform/files.ts'
import { homeOf, homePaths, isVersionId } from '../platform/paths.ts'
import { expandHome } from '../platform/settings.ts'
import { installedPackages } from '../python/installed-packages.ts'
import { parsePylock } from '../python/pylock.ts'
import { readVenv } from '../python/venv-state.ts'
import { readMarker, type Marker } from '../realize/marker.ts'
import { findPylock } from '../realize/python-lock.ts'
import { findLock, type LockFile } from '../resolve/known-lock.ts'
import { loadSpec, loadSpecText, type LoadedSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { diffLocks } from '../resolve/lock-diff.ts'
import { parseLock } from '../resolve/lock-schema.ts'
import { resolveVersion } from '../resolve/resolve.ts'
import { isRecord, parseJson } from '../spec/parse-entries.ts'
import { lockFacts, packageFacts, specFacts, type DiffPart, type Fact } from './diff-facts.ts'
import { specFileOf } from './spec-file.ts'

/** What is compared, from what is asked for to what is really there. */
export type DiffLevel = 'spec' | 'lock' | 'home'

/** One of the two that are compared: what it knows at each level; null: nothing. */
export interface DiffSide {
  name: string
  kind: 'version' | 'spec' | 'lock' | 'home' | 'install'
  levels: Readonly<Record<DiffLevel, (() => Fact[]) | null>>
  /** All that it can tell at the level `home`; null: everything. */
  parts: readonly DiffPart[] | null
  /** What of the level is not as the spec asks; none where no spec belongs to the side. */
  behind(level: 'lock' | 'home'): Promise<string[]>
}

/** A side that stands for itself is as it is. */
export const NEVER_BEHIND: DiffSide['behind'] = () => Promise.resolve([])

/**
 * Find what a version id, or the path of a spec, a lock, a home or another install stands for.
 * @param cwd where relative paths start
 * @throws DIFF_SIDE_UNKNOWN, SPEC_INVALID, LOCK_INVALID
 */
export async function readSide(ctx: Ctx, name: string, cwd: string): Promise<DiffSide> {
  if (isVersionId(name) && statIfExists(specFileOf(ctx.settings, name)) !== null)
    return versionSide(ctx, name)
  const path = resolve(cwd, expandHome(name))
  const stats = statIfExists(path)
  if (stats?.isDirectory() === true)
    return readMarker(path) === null ? foreignSide(ctx, name, path) : homeSide(ctx, name, path)
  const data = stats?.isFile() === true ? parseJson(readTextIfExists(path) ?? '') : undefined
  if (isRecord(data) && data['schema_version'] === 1 && Array.isArray(data['models']))
    return lockSide(name, path)
  if (stats?.isFile() === true) return specSide(ctx, name, path)
  throw new ComfypinError('DIFF_SIDE_UNKNOWN', { name })
}

function versionSide(ctx: Ctx, id: string): DiffSide {
  const { settings } = ctx
  const loaded = load(ctx, { id, path: null })
  const own = loaded.spec.version_id
  const home = homeOf(settings, own)
  const marker = readMarker(home)
  const realized = marker?.version_id === own ? marker : null
  const packages = findPylock(settings, own)
  return {
    name: id,
    kind: 'version',
    levels: {
      spec: () => specFacts(loaded),
      lock: lockReader(findLock(settings, own), packages, own),
      home: realized === null ? null : () => homeFacts(home, realized),
    },
    parts: null,
    behind: (level) => subjectsBehind(ctx, loaded, level === 'home' ? realized : null),
  }
}

/**
 * What would move in the lock, or in the lock that the home was made from, if it were made anew now
 * without asking anybody.
 */
async function subjectsBehind(ctx: Ctx, loaded: LoadedSpec, home: Marker | null) {
  const id = loaded.spec.version_id
  try {
    const { lock, changes } = await resolveVersion({ ...ctx, emit: ignoreEvents }, loaded, {
      refresh: false,
      offline: true,
      readOnly: true,
      partial: true,
    })
    const moved =
      home === null ? changes : diffLocks(parseLock(home.lock, markerFile(home.home), id), lock)
    return moved.map(({ subject }) => subject)
  } catch (error) {
    // whoever compares the locks is told so; a home can be compared without
    if (hasCode(error, 'LOCK_INVALID')) return []
    throw error
  }
}

function specSide(ctx: Ctx, name: string, path: string): DiffSide {
  const loaded = load(ctx, { id: null, path })
  return {
    name,
    kind: 'spec',
    levels: { spec: () => specFacts(loaded), lock: null, home: null },
    parts: null,
    behind: NEVER_BEHIND,
  }
}

/** `pylock.<id>.toml` stands beside `<id>.lock.json`. */
function lockSide(name: string, path: string): DiffSide {
  const id = basename(path).replace(/\.lock\.json$|\.json$/, '')
  const text = readTextIfExists(path)
  const pylock = readTextIfExists(join(dirname(path), `pylock.${id}.toml`))
  const lock = lockReader(text === null ? null : { file: path, text }, pylock, id)
  return {
    name,
    kind: 'lock',
    levels: { spec: null, lock, home: null },
    parts: null,
    behind: NEVER_BEHIND,
  }
}

function homeSide(ctx: Ctx, name: string, home: string): DiffSide {
  const marker = readMarker(home)
  if (marker === null) throw new ComfypinError('DIFF_SIDE_UNKNOWN', { name })
  const { version_id: id, lock, spec: text } = marker
  const quiet = { ...ctx, emit: ignoreEvents }
  const file = specFileOf(ctx.settings, id)
  return {
    name,
    kind: 'home',
    levels: {
      spec: () => specFacts(loadSpecText(quiet, { file, text })),
      lock: () => lockFacts(parseLock(lock, markerFile(home), id)),
      home: () => homeFacts(home, marker),
    },
    parts: null,
    behind: NEVER_BEHIND,
  }
}

/** A folder that is no home may be a ComfyUI of another tool. */
async function foreignSide(ctx: Ctx, name: string, path: string): Promise<DiffSide> {
  const { installSide } = await import('./diff-install.ts')
  try {
    return await installSide(ctx, name, path)
  } catch (error) {
    if (hasCode(error, 'INSTALL_NOT_FOUND')) throw new ComfypinError('DIFF_SIDE_UNKNOWN', { name })
    throw error
  }
}

/** Packages count at this level only where the Python lock is there. */
function lockReader(
  found: LockFile | null,
  pylock: string | null,
  id: string,
): (() => Fact[]) | null {
  if (found === null) return null
  return () => {
    const locked = pylock === null ? [] : parsePylock(pylock, `pylock.${id}.toml`)
    return [...lockFacts(parseLock(found.text, found.file, id)), ...packageFacts(locked)]
  }
}

/** What was realized, and the packages that the venv really has. */
function homeFacts(home: string, marker: Marker): Fact[] {
  const venv = readVenv(homePaths(home).venv)
  return [
    ...lockFacts(parseLock(marker.lock, markerFile(home), marker.version_id)),
    { part: 'python', name: 'python', value: venv?.version ?? '-' },
    ...packageFacts(venv === null ? [] : installedPackages(venv.sitePackages)),
  ]
}

function markerFile(home: string): string {
  return homePaths(home).marker
}

/** The warnings of a spec are no news to somebody who compares. */
function load(ctx: Ctx, selector: SpecSelector): LoadedSpec {
  return loadSpec({ ...ctx, emit: ignoreEvents }, selector)
}
