import { basename, join } from 'node:path'
import { readTextIfExists, statIfExists } from '../platform/files.ts'
import { installedPackages } from './installed-packages.ts'
import type { InstalledPackage } from './types.ts'
import type { Venv } from './venv-state.ts'

/**
 * Packages whose bytecode is not there yet: one listing, one small file, one stat per package.
 * Fast path.
 */
export function pendingBytecode(venv: Venv): InstalledPackage[] {
  const done = new Set(readTextIfExists(bytecodeMarker(venv))?.split('\n'))
  return installedPackages(venv.sitePackages).filter((found) => !done.has(identityOf(found)))
}

export function bytecodeMarker(venv: Venv): string {
  return join(venv.dir, '.comfypin-bytecode')
}

/** A package that is installed again writes its RECORD anew. */
export function identityOf({ distInfo }: InstalledPackage): string {
  return `${basename(distInfo)} ${statIfExists(join(distInfo, 'RECORD'))?.mtimeMs ?? '-'}`
}
