import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { asDiskWrite, randomName, statIfExists } from './files.ts'

/** Less free space than this explains why a program could not go on. */
const PROBE_BYTES = 2 ** 20

/**
 * Why nothing more can be written where `path` is or would be, asked of the filesystem itself: what
 * a program says about a full disk depends on where it came to the end.
 * @returns DISK_WRITE; null when there is room
 */
export function writeRefusal(path: string): ComfypinError | null {
  const probe = join(nearestFolder(path), `.comfypin-probe-${randomName()}`)
  try {
    asDiskWrite(path, () => fill(probe))
    return null
  } catch (error) {
    if (error instanceof ComfypinError) return error
    throw error
  } finally {
    rmSync(probe, { force: true })
  }
}

/** With `fsync`: some filesystems find out only then. */
function fill(file: string): void {
  const fd = openSync(file, 'wx')
  try {
    const bytes = Buffer.alloc(PROBE_BYTES, randomName())
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function nearestFolder(path: string): string {
  let at = path
  while (statIfExists(at)?.isDirectory() !== true && dirname(at) !== at) at = dirname(at)
  return at
}
