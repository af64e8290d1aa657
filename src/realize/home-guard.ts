import {
  accessSync,
  closeSync,
  constants,
  openSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { asDiskWrite, statIfExists } from '../platform/files.ts'
import { endLeftovers } from '../platform/leftovers.ts'
import type { CachePaths, HomePaths } from '../platform/paths.ts'
import type { Marker } from './marker.ts'
import { COMING_MARK, STAGED_COPY } from './pack-folder.ts'

/** A staged folder that nobody touched for this long was left by a process that died. */
const STALE_MS = 24 * 3600 * 1000

/**
 * A folder with content that carries no marker is somebody else's and stays untouched (R75).
 * A half-made home of ours is told by the file `.comfypin-claim`.
 * @throws HOME_FOREIGN
 */
export function requireOwnHome(home: string, marker: Marker | null): void {
  if (marker === null && isForeign(home)) throw new ComfypinError('HOME_FOREIGN', { home })
}

function isForeign(home: string): boolean {
  if (statIfExists(home)?.isDirectory() === false) return true
  const entries = listIfExists(home)
  return entries.length > 0 && !entries.includes(CLAIM) && !entries.includes('.comfypin.json')
}

/** First thing written into a new home. */
export const CLAIM = '.comfypin-claim'

/**
 * Say whose the home is before anything else is in it. The name alone counts, so there is no moment
 * at which it is half written.
 * @throws DISK_WRITE
 */
export function claimHome(home: string): void {
  asDiskWrite(home, () => {
    mkdirSync(home, { recursive: true })
    closeSync(openSync(join(home, CLAIM), 'w'))
  })
}

/**
 * Asked before the first step, so that a home that may only be read keeps its state whole: the first
 * step that writes into it may come after one that has changed the model store.
 * @throws DISK_WRITE
 */
export function requireWritableHome(home: string): void {
  asDiskWrite(home, () => accessSync(home, constants.W_OK))
}

/** Remove what died processes left in `tmp` (R53). */
export function sweepTmp(cache: CachePaths): void {
  asDiskWrite(cache.tmp, () => mkdirSync(cache.tmp, { recursive: true }))
  for (const name of listIfExists(cache.tmp)) {
    const path = join(cache.tmp, name)
    if (Date.now() - ageOf(path) > STALE_MS) rmSync(path, { recursive: true, force: true })
  }
}

/** The same in a home, whose lock the caller holds: whatever is staged there has no owner (R53). */
export async function sweepHome({ home, packs }: HomePaths): Promise<void> {
  forgetStagedCopies(packs)
  const staged = [
    ...listIfExists(home)
      .filter((name) => /^\.(?:venv\.|core-)?[0-9a-f]{12}\.(?:tmp|old)$/.test(name))
      .map((name) => join(home, name)),
    ...listIfExists(packs)
      .filter((name) => /\.(?:next|link)$/.test(name))
      .map((name) => join(packs, name)),
  ]
  for (const path of staged) {
    await endLeftovers(path) // a uv that outlived its comfypin still fills the venv that it was told to make
    rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** While a copy is staged, the mark of what comes does not count; without the staged copy it would. */
function forgetStagedCopies(packs: string): void {
  for (const name of listIfExists(packs).filter((one) => one.endsWith(STAGED_COPY)))
    rmSync(join(packs, name.slice(0, -STAGED_COPY.length) + COMING_MARK), { force: true })
}

function ageOf(path: string): number {
  try {
    return statSync(path).mtimeMs
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return Date.now()
    throw error
  }
}

function listIfExists(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}
