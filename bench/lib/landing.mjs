import { closeSync, mkdirSync, openSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Of } from './payload.mjs'

const BLOCK = Buffer.alloc(8 << 20, 'warm')

/**
 * Where the transfers of a row land: a new folder for each turn. Right before it as many bytes are
 * written as will come, because a virtual machine is slow to give memory that was never touched.
 * Afterwards, outside the clock, the result is compared with the payload and emptied. It is not
 * deleted: ext4 avoids the inodes of files that were.
 * @param payload of `payload()`
 * @returns {(turn: number, work: (dir: string) => Promise<T>) => Promise<T>} for one entrant
 */
export function createLanding(bench, slug, payload) {
  return async (turn, work) => {
    const dir = join(bench.work.run, `${slug}-${turn}`)
    mkdirSync(dir)
    warmUp(`${dir}.warm`, payload.bytes)
    const result = await work(dir)
    for (const file of payload.files) {
      const path = join(dir, file.name)
      const same = statSync(path).size === file.bytes && (turn > 0 || isSame(path, payload, file))
      if (!same) throw new Error(`${slug}: ${file.name} is not the file that was asked for`)
      truncateSync(path)
    }
    return result
  }
}

/** Only in the turn that does not count. */
function isSame(path, { dir }, { name }) {
  return sha256Of(path) === sha256Of(join(dir, name))
}

function warmUp(path, bytes) {
  const fd = openSync(path, 'wx')
  for (let left = bytes; left > 0; left -= BLOCK.length)
    writeSync(fd, BLOCK, 0, Math.min(left, BLOCK.length))
  closeSync(fd)
  truncateSync(path)
}
