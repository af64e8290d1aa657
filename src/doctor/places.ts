import { dirname } from 'node:path'
import { stat } from 'node:fs/promises'
import type { Settings } from '../core/settings.ts'
import { systemCode } from '../core/errors.ts'
import { homeOf, homesDirs, sharedModelsDir } from '../platform/paths.ts'

/** A folder in force, by the name that `comfypin paths` gives it. */
export interface Place {
  folder: 'cache_root' | 'home' | 'models_dir' | 'versions_dir'
  path: string
}

/** @param id the version whose home is meant; null: where homes are made */
export function placesOf(settings: Settings, id: string | null): Place[] {
  const home = id === null ? settings.home : homeOf(settings, id)
  const models = sharedModelsDir(settings)
  return [
    { folder: 'cache_root', path: settings.cacheRoot },
    { folder: 'home', path: home ?? homesDirs(settings)[0] },
    // inside each home there is nothing of its own to look at
    ...(models === null ? [] : [{ folder: 'models_dir' as const, path: models }]),
    { folder: 'versions_dir', path: settings.versionsDir },
  ]
}

/** The path itself, or the nearest folder above it that is there; null when that is no folder. */
export async function nearestFolder(path: string): Promise<string | null> {
  for (let at = path; ; at = dirname(at)) {
    const stats = await statIfThere(at)
    if (stats !== null) return stats.isDirectory() ? at : null
    if (dirname(at) === at) return null
  }
}

async function statIfThere(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null
    throw error
  }
}
