import { realpathSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { statIfExists } from '../../platform/files.ts'
import { indexDir } from '../../models/store-layout.ts'
import { readIndex, type StoreIndex } from '../../models/store.ts'
import { hasControl } from '../../spec/repo-address.ts'
import { civitaiOrigin } from './civitai-origin.ts'
import { huggingFaceOrigin } from './huggingface-origin.ts'
import type { ModelOrigin } from './types.ts'
import type { FoundFile } from './walk-models.ts'

/**
 * Where the files of an install came from, as far as anything on this machine says so: records of a
 * comfypin model store, the cache of huggingface_hub, sidecars of other tools. Nothing is hashed.
 */
export function createOrigins(): (file: FoundFile) => ModelOrigin | null {
  const stores = new Map<string, StoreIndex | null>()
  return (file) => {
    const recorded = recordOf(stores, file)
    if (recorded !== null) return recorded
    const source = huggingFaceOrigin(file.path)
    if (source !== null) return { source, sha256: null }
    return civitaiOrigin(file.path, file.size)
  }
}

/** A model store is a folder above the file that has an index; links lead into it. */
function recordOf(stores: Map<string, StoreIndex | null>, file: FoundFile): ModelOrigin | null {
  const real = realpathSync(file.path)
  for (let dir = dirname(real); dirname(dir) !== dir; dir = dirname(dir)) {
    const record = storeAt(stores, dir)?.recordAt(relative(dir, real).split(sep).join('/')) ?? null
    if (record !== null && record.size === file.size && !hasControl(record.source))
      return { source: record.source, sha256: record.sha256 }
  }
  return null
}

function storeAt(stores: Map<string, StoreIndex | null>, dir: string): StoreIndex | null {
  const known = stores.get(dir)
  if (known !== undefined) return known
  const hasIndex = statIfExists(indexDir(dir))?.isDirectory() === true
  const index = hasIndex ? readIndex(dir) : null
  stores.set(dir, index)
  return index
}
