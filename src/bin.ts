import { setMaxListeners } from 'node:events'
import { writeSync } from 'node:fs'
import manifest from '../package.json' with { type: 'json' }
import { main } from './cli/main.ts'

// Before the first file is read in the background: Node's four threads are few for copies and fsync.
process.env['UV_THREADPOOL_SIZE'] ??= '16'

/** The process edge: signals, a reader that went away, the exit code. */
const stop = new AbortController()
// Every transfer and process listens to it; Node would take more than ten for a leak.
setMaxListeners(0, stop.signal)
let interrupts = 0
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    interrupts++
    // The first one stops in good order; whoever asks three times wants out.
    if (interrupts >= 3) process.exit(130)
    stop.abort()
  })

let readerGone = false

void main({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: (text) => write(1, text),
  stderr: (text) => write(2, text),
  ask: async (question) => (await import('./cli/ask.ts')).askAtTerminal(question, stop.signal),
  terminal: () => (process.stderr.isTTY && !process.env['CI'] ? process.stderr : null),
  signal: stop.signal,
  version: manifest.version,
}).then((exitCode) => {
  process.exitCode = readerGone ? 0 : exitCode
})

/** Straight to the descriptor: making `process.stdout` costs a tenth of a bare Node start. */
function write(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length && !readerGone;) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null
      if (code === 'EPIPE') return onReaderGone()
      if (code !== 'EAGAIN') throw error
      return writeLater(fd, bytes.subarray(at))
    }
  }
}

/** The other end made the pipe non-blocking and is slow: Node's stream can wait for it. */
function writeLater(fd: 1 | 2, rest: Uint8Array): void {
  const stream = fd === 1 ? process.stdout : process.stderr
  stream.write(rest, (error) => {
    if (error) onReaderGone()
  })
}

/** `| head -1` has seen enough; what runs is stopped in good order. */
function onReaderGone(): void {
  readerGone = true
  stop.abort()
}
