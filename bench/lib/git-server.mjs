import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Serve bare repositories over smart HTTP on 127.0.0.1, in a process of its own so that its work
 * is not the measured program's.
 * @param line `latencyMs` before every answer, and `bytesPerSecond` of each connection
 * @param fromMemory give an answer that was given before again without asking git, as from a host
 *   whose processor is not the one that is measured
 * @returns {Promise<string>} the address of `root`
 */
export async function serveGit(
  bench,
  root,
  { latencyMs = 0, bytesPerSecond = null, fromMemory = false } = {},
) {
  const script = fileURLToPath(new URL('git-server-process.mjs', import.meta.url))
  const options = JSON.stringify({ root, latencyMs, bytesPerSecond, fromMemory })
  const child = fork(script, [options], { env: bench.env })
  bench.onClose(() => void child.kill())
  const [{ port }] = await once(child, 'message')
  return `http://127.0.0.1:${port}`
}
