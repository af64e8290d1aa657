import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const BLOCK_BYTES = 8 << 20

/** What one big file is in the rows about transfers. */
export const PAYLOAD_BYTES = 256 << 20

/** One file of random bytes in a folder of its own, kept from run to run. */
export function bigPayload(bench) {
  return payload(bench, { name: 'payload', count: 1, bytes: PAYLOAD_BYTES })
}

/**
 * Files of random bytes in a folder of their own, kept from run to run.
 * @returns {{ dir: string, bytes: number, files: { name: string, bytes: number }[] }} `bytes`: of all
 */
export function payload(bench, { name, count, bytes }) {
  const dir = join(bench.work.fixtures, `${name}-${count}x${bytes}`)
  const names = Array.from({ length: count }, (_, index) => `${name}-${index + 1}.bin`)
  if (!existsSync(dir)) {
    bench.progress(`writing ${count} file${count === 1 ? '' : 's'} of ${bytes} bytes`)
    const staged = join(bench.work.run, `${name}-staged`)
    mkdirSync(staged)
    for (const file of names) writeRandom(join(staged, file), bytes)
    mkdirSync(bench.work.fixtures, { recursive: true })
    renameSync(staged, dir)
  }
  return { dir, bytes: count * bytes, files: names.map((file) => ({ name: file, bytes })) }
}

/** Hex sha256 of a file. */
export function sha256Of(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

function writeRandom(path, bytes) {
  const fd = openSync(path, 'wx')
  const block = Buffer.alloc(Math.min(BLOCK_BYTES, bytes))
  for (let left = bytes; left > 0; left -= block.length)
    writeSync(fd, randomFillSync(block), 0, Math.min(left, block.length))
  closeSync(fd)
}
