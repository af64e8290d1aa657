import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readTextIfExists } from '../platform/files.ts'
import { normalizeName, normalizeVersion } from './package-names.ts'
import type { InstalledPackage, LockedPackage } from './types.ts'

/** What a venv holds, by one directory listing: no process, no metadata read. */
export function installedPackages(sitePackages: string): InstalledPackage[] {
  return readdirSync(sitePackages)
    .filter((entry) => entry.endsWith('.dist-info'))
    .map((entry) => {
      const stem = entry.slice(0, -'.dist-info'.length)
      const dash = stem.lastIndexOf('-')
      const distInfo = join(sitePackages, entry)
      return { name: normalizeName(stem.slice(0, dash)), version: stem.slice(dash + 1), distInfo }
    })
}

export interface PackageDiff {
  /** In the lock, and not installed in that version. */
  add: LockedPackage[]
  /** Installed, and not in the lock in that version. */
  remove: InstalledPackage[]
  keep: LockedPackage[]
}

/** What `syncVenv` would change; nothing to add or remove means it need not run. */
export function diffPackages(
  locked: readonly LockedPackage[],
  installed: readonly InstalledPackage[],
): PackageDiff {
  const present = new Map(installed.map((found) => [found.name, found]))
  const [keep, add] = partition(locked, (wanted) => isSame(wanted, present.get(wanted.name)))
  const kept = new Set(keep.map(({ name }) => name))
  return { add, keep, remove: installed.filter(({ name }) => !kept.has(name)) }
}

function isSame(wanted: LockedPackage, found: InstalledPackage | undefined): boolean {
  if (found === undefined) return false
  if (wanted.commit !== null) return installedCommit(found) === wanted.commit
  return (
    wanted.version === null ||
    wanted.version === found.version ||
    normalizeVersion(wanted.version) === normalizeVersion(found.version)
  )
}

/** Two commits of a package may share a version; PEP 610's file tells them apart. */
function installedCommit({ distInfo }: InstalledPackage): string | null {
  const text = readTextIfExists(join(distInfo, 'direct_url.json'))
  return /"commit_id"\s*:\s*"([^"]+)"/.exec(text ?? '')?.[1] ?? null
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = []
  const no: T[] = []
  for (const item of items) (test(item) ? yes : no).push(item)
  return [yes, no]
}
