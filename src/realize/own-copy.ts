import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../platform/files.ts'
import type { PackPlace } from './pack-folder.ts'

/**
 * A mark beside the home's packs: this one stays a private copy, though nobody saw it write. Whoever
 * runs its install script by hand wants to keep what it does.
 */
export function keepOwnCopy(place: PackPlace): void {
  writeAtomic(markOf(place), '')
}

export function isOwnCopyKept(place: PackPlace): boolean {
  return existsSync(markOf(place))
}

/** The pack leaves the home. */
export function releaseOwnCopy(place: PackPlace): void {
  rmSync(markOf(place), { force: true })
}

function markOf({ staging, name }: PackPlace): string {
  return join(staging, `${name}.own`)
}
