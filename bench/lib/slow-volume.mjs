import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Missing, requireHere } from './missing.mjs'
import { capture } from './process.mjs'

const SOURCE = fileURLToPath(new URL('slow-volume.c', import.meta.url))

/**
 * Mount the files of a folder as a volume whose every read takes `readMs`.
 * @returns {Promise<string>} the mount point
 * @throws Missing
 */
export async function mountSlowly(bench, dir, readMs) {
  if (!existsSync('/dev/fuse') || process.getuid?.() !== 0)
    throw new Missing('mounting a slow volume takes /dev/fuse and root')
  const compiler = await bench.peers.find('cc')
  requireHere(compiler)
  const program = join(bench.work.run, 'slow-volume')
  const options = { env: bench.env, cwd: bench.work.run }
  await capture([compiler.path, '-O2', '-pthread', '-o', program, SOURCE], options)
  const mountPoint = join(bench.work.run, 'volume')
  mkdirSync(mountPoint)
  const child = spawn(program, [dir, mountPoint, String(readMs)], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const mounted = await Promise.race([once(child.stdout, 'data').then(() => true), exited])
  if (mounted !== true) throw new Missing((await text(child.stderr)).trim())
  bench.onClose(async () => {
    child.kill()
    await exited
  })
  return mountPoint
}
