import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { tempDir, whenOver } from './temp.ts'

export interface SmallDisk {
  /** Give it room for everything. */
  grow(): void
}

/** True where this process may mount; root in a container often may not. */
export function canMount(): boolean {
  const dir = tempDir('mount')
  if (spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', dir]).status !== 0) return false
  execFileSync('umount', [dir])
  return true
}

/** A filesystem of so many bytes at a folder, until the test is over. */
export function mountSmallDisk(dir: string, bytes: number): SmallDisk {
  mkdirSync(dir, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir])
  whenOver(() => void execFileSync('umount', ['--lazy', dir]))
  return { grow: () => void execFileSync('mount', ['-o', 'remount,size=1g', dir]) }
}
