import { existsSync, readdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import type { LockModel } from '../spec/types.ts'
import { indexDir, namesIn } from './store-layout.ts'

export interface Inventory {
  readonly present: readonly LockModel[]
  readonly missing: readonly LockModel[]
}

/**
 * Which models of a realized version are still there. On the start-up path: one listing per target
 * folder and one of the index, however many models there are, and nothing is opened or hashed.
 * A deleted file is noticed, and with `records` also a target that another source took over.
 * @param records per model, the record name that `recordNameOf` gave when it was placed
 */
export function presentModels(
  modelsDir: string,
  home: string,
  models: readonly LockModel[],
  records: readonly string[] | null = null,
): Inventory {
  const listings = new Map<string, Listing>()
  const listingOf = (root: LockModel['root'], folder: string): Listing => {
    const key = `${root}/${folder}`
    const known = listings.get(key)
    if (known !== undefined) return known
    const listing = listFolder(join(root === 'models' ? modelsDir : home, folder))
    listings.set(key, listing)
    return listing
  }
  const index = records === null ? null : new Set(namesIn(indexDir(modelsDir)))
  const isPresent = ({ root, target_path }: LockModel, at: number): boolean => {
    const slash = target_path.lastIndexOf('/')
    const { path, entries } = listingOf(root, target_path.slice(0, Math.max(slash, 0)))
    const entry = entries.get(target_path.slice(slash + 1))
    if (entry === undefined || !isIntact(entry, path)) return false
    return index === null || index.has(records?.[at] ?? '')
  }
  const present: LockModel[] = []
  const missing: LockModel[] = []
  models.forEach((model, at) => (isPresent(model, at) ? present : missing).push(model))
  return { present, missing }
}

interface Listing {
  readonly path: string
  readonly entries: ReadonlyMap<string, Dirent>
}

function listFolder(path: string): Listing {
  const found = existsSync(path) ? readdirSync(path, { withFileTypes: true }) : []
  return { path, entries: new Map(found.map((entry) => [entry.name, entry])) }
}

/** A listing shows a link even when what it leads to was deleted. */
function isIntact(entry: Dirent, folder: string): boolean {
  return entry.isFile() || (entry.isSymbolicLink() && existsSync(join(folder, entry.name)))
}
