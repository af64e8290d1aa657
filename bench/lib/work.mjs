import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/lib/process.mjs'

/**
 * Folders below bench/.work. A run has one of its own, with a folder per use: nothing is deleted
 * and made again while something is measured, because ext4 avoids recently deleted inodes.
 */
export function createWork() {
  const base = join(root, 'bench', '.work')
  const runs = join(base, 'runs')
  const work = {
    root: base,
    /** Kept from run to run: installed peers, generated repositories, uv's cache. */
    peers: join(base, 'peers'),
    fixtures: join(base, 'fixtures'),
    uvCache: join(base, 'uv-cache'),
    run: join(runs, String(process.pid)),
  }
  mkdirSync(runs, { recursive: true })
  for (const left of readdirSync(runs))
    if (!isRunning(Number(left))) rmSync(join(runs, left), { recursive: true, force: true })
  for (const dir of Object.values(work)) mkdirSync(dir, { recursive: true })
  mkdirSync(join(work.run, 'home'))
  return { ...work, close: () => rmSync(work.run, { recursive: true, force: true }) }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
