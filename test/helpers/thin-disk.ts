import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { tempDir, whenOver } from './temp.ts'

const MIB = 1 << 20

/** True where this process may mount an image through a loop device. */
export function canMountImages(): boolean {
  if (!canMount() || spawnSync('mkfs.ext4', ['-V']).error !== undefined) return false
  const [image, dir] = [join(tempDir('image'), 'image'), tempDir('mounted')]
  makeImage(image, 8 * MIB)
  if (spawnSync('mount', ['-o', 'loop', image, dir]).status !== 0) return false
  execFileSync('umount', [dir])
  return true
}

/**
 * A filesystem at a folder that promises more than it has, as thin volumes do: writes succeed, and
 * the disk refuses them when it has to take them.
 */
export function mountThinDisk(dir: string, promised: number, real: number): SmallDisk {
  const store = tempDir('thin')
  const { grow } = mountSmallDisk(store, real)
  const image = join(store, 'image')
  makeImage(image, promised)
  mkdirSync(dir, { recursive: true })
  execFileSync('mount', ['-o', 'loop', image, dir])
  whenOver(() => void execFileSync('umount', ['--lazy', dir]))
  return { grow }
}

/** Without a journal: its size would be most of what there is. */
function makeImage(image: string, bytes: number): void {
  const fd = openSync(image, 'w')
  ftruncateSync(fd, bytes)
  closeSync(fd)
  execFileSync('mkfs.ext4', ['-q', '-O', '^has_journal', '-E', 'lazy_itable_init=1', image])
}
