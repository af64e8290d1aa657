import { renameSync } from 'node:fs'
import { statIfExists } from '../platform/files.ts'
import { readJournal } from './journal.ts'
import { onDisk, removeIfPossible } from './on-disk.ts'

/**
 * What a transfer left that was killed after its file got its name, before the disk had it.
 * `part`: the file is a part again, and the next transfer goes on with what of it can be believed.
 * `unproven`: the machine stopped, and not even the journal is left; only a checksum can tell whether
 * the file is whole. `nothing`: whatever is at `target`, no transfer is responsible for it.
 */
export type Leftover = 'part' | 'unproven' | 'nothing'

/**
 * Look after such a transfer. The caller holds the lock of `target`.
 * @throws DISK_WRITE
 */
export function reclaim(target: string): Leftover {
  const [part, journalPath] = [`${target}.part`, `${target}.part.json`]
  const file = statIfExists(target)
  // An unfinished part has its journal beside it, too.
  if (file === null || statIfExists(journalPath) === null || statIfExists(part) !== null)
    return 'nothing'
  const journal = readJournal(journalPath)
  if (journal === null) return 'unproven'
  if (journal.landed === file.ino) {
    onDisk(part, () => renameSync(target, part))
    return 'part'
  }
  removeIfPossible(journalPath) // somebody has replaced the file since
  return 'nothing'
}

/** The file has been found whole in another way. */
export function forgetLeftover(target: string): void {
  removeIfPossible(`${target}.part.json`)
}
