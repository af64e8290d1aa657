import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { presentModels } from '../models/inventory.ts'
import type { Settings } from '../core/settings.ts'
import { cachePaths, homeOf, homePaths, isVersionId, modelsDirOf } from '../platform/paths.ts'
import type { Lock } from '../resolve/types.ts'
import { listSpecIds } from '../spec/locate.ts'
import { readMarker, type Marker } from './marker.ts'
import { isUnchanged } from './noop.ts'
import { placeableModels } from './pack-models.ts'

export interface VersionState {
  id: string
  spec: string
  home: string
  /** Path of the lock; null: there is none. */
  lock: string | null
  state: 'ready' | 'outdated' | 'spec only' | 'invalid'
  /** Packs and models that were realized and are not there any more: `pack <name>`, `model <path>`. */
  missing: string[]
}

/** Every spec of the versions folder with the state of its home (R106). Nothing is asked. */
export function listVersions(settings: Settings): VersionState[] {
  return listSpecIds(settings.versionsDir).map((id) => {
    const spec = join(settings.versionsDir, `${id}.json`)
    if (!isVersionId(id)) return { id, spec, home: '', lock: null, state: 'invalid', missing: [] }
    const home = homeOf(settings, id)
    const lockFile = cachePaths(settings.cacheRoot).lock(id)
    const lock = existsSync(lockFile) ? lockFile : null
    const marker = ownMarker(home, id)
    const text = readFileSync(spec, 'utf8').replace(/^\uFEFF/, '')
    const state = stateWith(marker, settings, id, text)
    if (state !== 'ready' && !isJson(text))
      return { id, spec, home, lock, state: 'invalid', missing: [] }
    const missing = marker === null || state === 'ready' ? [] : missingFrom(settings, home, marker)
    return { id, spec, home, lock, state, missing }
  })
}

/** @param specText the spec as it is now */
export function stateOf(settings: Settings, id: string, specText: string): VersionState['state'] {
  return stateWith(ownMarker(homeOf(settings, id), id), settings, id, specText)
}

function stateWith(
  marker: Marker | null,
  settings: Settings,
  id: string,
  specText: string,
): VersionState['state'] {
  if (marker === null) return 'spec only'
  return isUnchanged(marker, settings, id, specText) ? 'ready' : 'outdated'
}

/** Of the home as this version left it; null: there is none, or the home is another version's. */
function ownMarker(home: string, id: string): Marker | null {
  const marker = readMarker(home)
  return marker?.version_id === id ? marker : null
}

/** Whether it can be a spec at all; `validate` tells the rest. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** What the last realize had put in place; a ready home has it all. */
function missingFrom(settings: Settings, home: string, marker: Marker): string[] {
  const dir = homePaths(home).customNodes
  const packs = marker.packs.filter(({ name }) => !existsSync(join(dir, name)))
  return [
    ...packs.map(({ name }) => `pack ${name}`),
    ...missingModels(settings, home, marker).map(({ target_path: path }) => `model ${path}`),
  ]
}

function missingModels(
  settings: Settings,
  home: string,
  marker: Marker,
): readonly Lock['models'][number][] {
  // oxlint-disable-next-line no-unsafe-type-assertion -- our own text, written in one piece
  const lock = JSON.parse(marker.lock) as Lock
  if (settings.skipModels ?? lock.options.skip_models) return []
  const placeable = placeableModels(lock, homePaths(home).customNodes)
  const models = placeable.flatMap((index) => lock.models[index] ?? [])
  return presentModels(modelsDirOf(settings, home), home, models).missing
}
