import { join } from 'node:path'
import { lstatIfExists } from '../platform/files.ts'
import { homePaths } from '../platform/paths.ts'
import { copiesIn, writtenFiles } from './pack-folder.ts'
import { downloadFolders } from './pack-downloads.ts'

/** What the user, or the pack itself, keeps in a home's private copy of a pack. */
export interface PackState {
  name: string
  /** `custom_nodes/<name>` of the home. */
  path: string
  /** The checkout that the copy was made from. */
  checkout: string
  /** Files and links that the checkout does not have, as paths below `path`; new empty folders end with a slash. */
  added: string[]
  /** Files of the checkout that the copy has otherwise. */
  changed: string[]
  /** True when the checkout is not in the cache any more: then everything counts as added. */
  isOrphan: boolean
}

/**
 * State inside the private copies of a home (packs.md §6.6): what a snapshot has to take along
 * besides the spec. Links into the model store that comfypin made are none; copies without state are
 * left out.
 */
export function packState(home: string): PackState[] {
  const at = homePaths(home)
  const copies = [...copiesIn(at.packs)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return copies.flatMap(([name, checkout]) => {
    const path = join(at.customNodes, name)
    if (lstatIfExists(path)?.isDirectory() !== true) return []
    const ours = new Set(downloadFolders(checkout))
    const files = writtenFiles(path, checkout).filter((file) => !ours.has(file))
    const isChanged = (file: string) => lstatIfExists(join(checkout, file)) !== null
    return files.length === 0
      ? []
      : [
          {
            name,
            path,
            checkout,
            added: files.filter((file) => !isChanged(file)),
            changed: files.filter(isChanged),
            isOrphan: lstatIfExists(checkout) === null,
          },
        ]
  })
}
