import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JobPack } from './job.ts'
import { writtenFiles } from './pack-folder.ts'
import { readPackRecord } from './pack-record.ts'

/** What the import check started: a tree of the core, and the packs that it looked at. */
export interface CheckedCore {
  readonly tree: string
  readonly checkout: string
  readonly packs: readonly { name: string; dir: string }[]
}

/**
 * Files that packs wrote into the core's folder while they were imported (Login keeps its password
 * beside `folder_paths.py`, packs.md §6.15), by the name of the pack: of those whose code says where
 * they went, else of each, because nobody else can have written them.
 */
export function coreWrites({ tree, checkout, packs }: CheckedCore): Map<string, string[]> {
  const writes = new Map<string, string[]>()
  for (const path of writtenFiles(tree, checkout).filter(isKept)) {
    const [top = path] = path.split('/')
    const named = packs.filter(({ dir }) => saysName(dir, top))
    for (const { name } of named.length > 0 ? named : packs)
      writes.set(name, [...(writes.get(name) ?? []), path])
  }
  return writes
}

/** True where a pack of the version keeps files in the folder of the core: each home has its own then. */
export function hasCoreWriter(packs: readonly JobPack[]): boolean {
  return packs.some(({ checkout }) => {
    const record = checkout === null ? null : readPackRecord(checkout.record)
    return (record?.core_writes ?? []).length > 0
  })
}

/** Not a link of the tree that leads into the home. A folder counts: it is made for files that come. */
function isKept(path: string): boolean {
  return !CORE_HOME_FOLDERS.includes(path)
}

/** What a user or a pack would put into these folders of a core lies in the home. */
export const CORE_HOME_FOLDERS: readonly string[] = [
  'custom_nodes',
  'models',
  'input',
  'output',
  'user',
]

function saysName(dir: string, name: string): boolean {
  return readdirSync(dir, { withFileTypes: true, recursive: true }).some(
    (entry) =>
      entry.isFile() &&
      entry.name.endsWith('.py') &&
      readFileSync(join(entry.parentPath, entry.name), 'utf8').includes(name),
  )
}
