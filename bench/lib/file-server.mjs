import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Serve the files of a folder over HTTP with ranges on 127.0.0.1, in a process of its own, as from
 * afar.
 * @param line `latencyMs` before every answer and once more for a new connection;
 *   `bytesPerSecond` of each connection, `totalBytesPerSecond` of all together; null: no limit
 * @returns `url` of the folder; `watch({ stallAt, tellAt })` begins to count: the connection that is
 *   next after so many bytes falls silent for ever, `told()` resolves after so many; `sent()` bytes
 */
export async function serveFiles(
  bench,
  root,
  { latencyMs = 0, bytesPerSecond = null, totalBytesPerSecond = null } = {},
) {
  const script = fileURLToPath(new URL('file-server-process.mjs', import.meta.url))
  const options = JSON.stringify({ root, latencyMs, bytesPerSecond, totalBytesPerSecond })
  const child = fork(script, [options], { env: bench.env })
  bench.onClose(() => void child.kill())
  const [{ port }] = await once(child, 'message')
  const ask = (message, key) => {
    const answer = received(child, key)
    child.send(message)
    return answer
  }
  return {
    url: `http://127.0.0.1:${port}`,
    watch: ({ stallAt = null, tellAt = null } = {}) =>
      ask({ watch: { stallAt, tellAt } }, 'watching'),
    sent: () => ask({ ask: 'sent' }, 'sent'),
    told: () => received(child, 'told'),
  }
}

/** The next message that has this key. */
function received(child, key) {
  return new Promise((resolve) => {
    const listen = (message) => {
      if (!(key in message)) return
      child.off('message', listen)
      resolve(message[key])
    }
    child.on('message', listen)
  })
}
