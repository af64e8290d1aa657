import { constants, copyFileSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ComfypinError, systemCode } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import {
  asDiskWrite,
  lstatIfExists,
  placeNew,
  statIfExists,
  writeAtomic,
} from '../platform/files.ts'
import { requireVersionId } from '../platform/paths.ts'

/** Where every command looks for the spec of a version (R96). */
export function specFileOf(settings: Settings, id: string): string {
  return join(settings.versionsDir, `${requireVersionId(id)}.json`)
}

/**
 * Nothing may stand where a new spec goes, unless it may be replaced.
 * @throws SPEC_EXISTS
 */
export function requireFreeSpec(file: string, id: string, force: boolean): void {
  if (!force && lstatIfExists(file) !== null) throw new ComfypinError('SPEC_EXISTS', { id, file })
}

/**
 * Write a spec in one piece. What it replaces is kept beside it as `<id>.json.bak`, never over an
 * older one.
 * @returns the path of what was kept; null when there was nothing, or the same bytes
 * @throws SPEC_EXISTS, DISK_WRITE
 */
export function writeNewSpec(
  file: string,
  id: string,
  text: string,
  force: boolean,
): string | null {
  if (lstatIfExists(file) === null) {
    asDiskWrite(file, () => mkdirSync(dirname(file), { recursive: true }))
    if (placeNew(file, (staged) => writeAtomic(staged, text))) return null
    requireFreeSpec(file, id, force) // somebody was quicker
  }
  requireFreeSpec(file, id, force)
  const kept = keepOld(file, text)
  replaceSpec(file, text)
  return kept
}

/** Replace a spec's text; a link stays a link, and what it leads to is written. */
export function replaceSpec(file: string, text: string): void {
  writeAtomic(statIfExists(file) === null ? file : realpathSync(file), text)
}

function keepOld(file: string, text: string): string | null {
  if (statIfExists(file) === null || readFileSync(file, 'utf8') === text) return null
  for (let number = 0; ; number++) {
    const kept = `${file}.bak${number === 0 ? '' : `.${number}`}`
    try {
      copyFileSync(file, kept, constants.COPYFILE_EXCL)
      return kept
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
    }
  }
}
