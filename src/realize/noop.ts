import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { presentModels } from '../models/inventory.ts'
import { cachePaths, homePaths, homeOf, modelsDirOf } from '../platform/paths.ts'
import type { Settings } from '../core/settings.ts'
import type { Lock } from '../resolve/types.ts'
import { readMarker, type Marker } from './marker.ts'
import { placeableModels } from './pack-models.ts'

/**
 * @param specText the spec as it is now
 * @returns the marker when the home is exactly as it was left and nothing changed, else null
 */
export function unchangedMarker(settings: Settings, id: string, specText: string): Marker | null {
  const marker = readMarker(homeOf(settings, id))
  return marker !== null && isUnchanged(marker, settings, id, specText) ? marker : null
}

/**
 * The whole answer to "is there anything to do?" with a few dozen file-system calls: no schema, no
 * hash, no process (perf.md rows 2 and 23). Texts are compared as they are; everything else by
 * links, folder listings and stamps that the last realize recorded.
 * @param marker of the home
 * @param specText the spec as it is now
 */
export function isUnchanged(
  marker: Marker,
  settings: Settings,
  id: string,
  specText: string,
): boolean {
  const home = homeOf(settings, id)
  if (marker.version_id !== id || marker.spec !== specText) return false
  if (modelsDirOf(settings, home) !== marker.models_dir) return false
  if (settings.python !== null && settings.python !== marker.python.request) return false
  const cache = cachePaths(settings.cacheRoot)
  try {
    if (readFileSync(cache.lock(id), 'utf8') !== marker.lock) return false
    return stampsHold(marker) && packsHold(home, marker) && modelsHold(settings, home, marker)
  } catch {
    return false // anything unreadable means work to do; the full path says what is wrong
  }
}

function stampsHold(marker: Marker): boolean {
  statSync(`${marker.core.checkout}.complete`)
  return stampsMatch(marker.seal.stamps)
}

function stampsMatch(stamps: Readonly<Record<string, string>>): boolean {
  return Object.entries(stamps).every(([path, stamp]) => stampOf(path) === stamp)
}

/** `size:mtimeMs` of a file or folder; `-` when there is none. */
export function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? '-' : `${stats.size}:${stats.mtimeMs}`
}

/** One listing of `custom_nodes` and a `readlink` per linked pack; a checkout that vanished is noticed too. */
function packsHold(home: string, marker: Marker): boolean {
  const dir = homePaths(home).customNodes
  const listing = readdirSync(dir, { withFileTypes: true })
  const entries = new Map(listing.map((entry) => [entry.name, entry]))
  return marker.packs.every(({ name, mode, checkout }) => {
    const entry = entries.get(name)
    if (mode === 'copy') return entry?.isDirectory() === true
    const path = `${dir}/${name}`
    return (
      entry?.isSymbolicLink() === true &&
      readlinkSync(path) === checkout &&
      statSync(path).isDirectory()
    )
  })
}

/** Models that were left out matter when they are wanted now. */
function modelsHold(settings: Settings, home: string, marker: Marker): boolean {
  const { models, records, folders } = marker.seal
  if (models === 'partial') return false
  if (models === 'complete' && folders !== null && stampsMatch(folders)) return true
  // oxlint-disable-next-line no-unsafe-type-assertion -- our own file, compared byte for byte above
  const lock = JSON.parse(marker.lock) as Lock
  if (settings.skipModels ?? lock.options.skip_models) return true
  if (models !== 'complete') return false
  const wanted = placeableModels(lock, homePaths(home).customNodes)
  const isWanted = (_: unknown, index: number) => wanted.includes(index)
  const [its, theirs] = [lock.models.filter(isWanted), records.filter(isWanted)]
  return presentModels(marker.models_dir, home, its, theirs).missing.length === 0
}
