import { join, relative, sep } from 'node:path'
import { entriesBelow } from '../../platform/small-files.ts'

/** Files below a registry package that its `.tracking` does not name, bytecode apart. */
export function addedToPackage(dir: string, tracking: string): string[] {
  const tracked = new Set(tracking.split(/\r?\n/).map((line) => line.trim().replaceAll('\\', '/')))
  return entriesBelow(dir)
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !tracked.has(path) && path !== '.tracking')
    .filter((path) => !/(?:^|\/)__pycache__\/|\.py[co]$/.test(path))
    .toSorted()
}
