import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A start of ComfyUI that takes longer has failed. */
const LIMIT_MS = 300_000
const POLL_MS = 2
const GRACE_MS = 15_000

/**
 * Start a server and wait until `/system_stats` answers 200; then stop it and wait for its end.
 * @param whileUp called before the stop, with the path of the server's log
 * @returns {Promise<{ started: number, ready: number }>} the clock at the spawn, milliseconds until ready
 */
export async function startUntilReady(
  bench,
  argv,
  { env, cwd, port, whileUp = async (_logFile) => {} },
) {
  const logFile = join(bench.work.run, `server-${port}.log`)
  const log = openSync(logFile, 'w')
  const started = monotonicMs()
  const [program, ...args] = argv
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', log, log] })
  closeSync(log)
  const exited = once(child, 'exit')
  try {
    await waitUntilReady(child, port, started)
    const ready = monotonicMs() - started
    await whileUp(logFile)
    return { started, ready }
  } catch (error) {
    const tail = readFileSync(logFile, 'utf8').slice(-4000)
    throw new Error(`${argv.join(' ')}: ${error.message}\n${tail}`, { cause: error })
  } finally {
    await stop(child, exited)
  }
}

/** CLOCK_MONOTONIC, which Python reads too. */
function monotonicMs() {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function waitUntilReady(child, port, started) {
  while (!(await answers(port))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode} before it was ready`)
    if (monotonicMs() - started > LIMIT_MS) throw new Error('it is not ready in time')
    await delay(POLL_MS)
  }
}

function answers(port) {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/system_stats', agent: false })
    request.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200))
    })
    request.on('error', () => resolve(false))
  })
}

async function stop(child, exited) {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await exited
  clearTimeout(late)
}
