import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ComfypinError } from '../../core/errors.ts'
import { asDiskWrite, lstatIfExists, randomName } from '../../platform/files.ts'
import { copyFile } from '../../realize/pack-folder.ts'
import { stateRoot } from '../../spec/state-folder.ts'
import type { PackFiles } from './types.ts'

/** State that lies beside a spec which is not written yet. */
export interface PlacedState {
  /** Where the folder that was replaced is kept. */
  kept: string | null
  /** The spec could not be written: as if nothing had happened. */
  undo(): void
}

/** @throws FILE_EXISTS when a folder of that version is there and may not be replaced */
export function requireFreeState(
  specFile: string,
  id: string,
  packs: readonly PackFiles[],
  force: boolean,
): void {
  const path = rootOf(specFile, id)
  if (!force && packs.length > 0 && lstatIfExists(path) !== null)
    throw new ComfypinError('FILE_EXISTS', { path })
}

/**
 * Write the state of a new version's packs beside its spec, in one step. Folders are private, because
 * packs keep tokens too; files keep their mode, but nobody else may write them. A folder that it
 * replaces is kept as `<id>.state.bak`.
 * @throws FILE_EXISTS, DISK_WRITE
 */
export function placeState(
  specFile: string,
  id: string,
  packs: readonly PackFiles[],
  force: boolean,
): PlacedState {
  if (packs.length === 0) return { kept: null, undo: () => {} }
  requireFreeState(specFile, id, packs, force)
  const root = rootOf(specFile, id)
  const staged = join(dirname(root), `.${randomName()}${STAGED}`)
  const kept = asDiskWrite(
    root,
    () => {
      mkdirSync(dirname(root), { recursive: true })
      sweepStaged(dirname(root))
      for (const { pack, files } of packs) writeFiles(join(staged, pack), files)
      const aside = setAside(root)
      renameSync(staged, root)
      return aside
    },
    () => rmSync(staged, { recursive: true, force: true }),
  )
  return { kept, undo: () => takeBack(root, kept) }
}

function rootOf(specFile: string, id: string): string {
  return join(dirname(specFile), stateRoot(id))
}

const STAGED = '.state.tmp'

/** A process that died left private files; after a day nobody works on them any more. */
function sweepStaged(dir: string): void {
  for (const name of readdirSync(dir).filter((one) => /^\.[0-9a-f]{12}\.state\.tmp$/.test(one))) {
    const path = join(dir, name)
    const age = Date.now() - (lstatIfExists(path)?.mtimeMs ?? Date.now())
    if (age > STALE_MS) rmSync(path, { recursive: true, force: true })
  }
}

const STALE_MS = 24 * 3600 * 1000

function writeFiles(dir: string, files: PackFiles['files']): void {
  mkdirSync(dir, { recursive: true, mode: PRIVATE })
  for (const { path, from, mode } of files) {
    if (lstatIfExists(from) === null) continue // a run removed it meanwhile
    const target = join(dir, path)
    mkdirSync(dirname(target), { recursive: true, mode: PRIVATE })
    copyFile(from, target)
    chmodSync(target, stateMode(mode))
  }
}

const PRIVATE = 0o700

/** Readable and writable for the owner; writable for nobody else. */
export function stateMode(mode: number): number {
  return (mode & 0o755) | 0o600
}

function setAside(root: string): string | null {
  if (lstatIfExists(root) === null) return null
  for (let number = 0; ; number++) {
    const kept = `${root}.bak${number === 0 ? '' : `.${number}`}`
    if (lstatIfExists(kept) !== null) continue
    renameSync(root, kept)
    return kept
  }
}

function takeBack(root: string, kept: string | null): void {
  rmSync(root, { recursive: true, force: true })
  if (kept !== null) renameSync(kept, root)
}
