// A file server at the end of a slow line, with faults. Started by `file-server.mjs`.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const { root, latencyMs, bytesPerSecond, totalBytesPerSecond } = JSON.parse(process.argv[2])
const PART_BYTES = 64 * 1024
/** A timer that fires late is made up for, as far as this. */
const CREDIT_MS = 20
/** Whole files by name: the server's disk is nobody's matter. */
const files = new Map()
const line = createPace(totalBytesPerSecond)
/** What happened since the last `watch`, and what is to happen at which byte. */
let watched = { sent: 0, stallAt: null, tellAt: null }

const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.destroy(error))
})
const fresh = new WeakSet()
server.on('connection', (socket) => void fresh.add(socket.setNoDelay()))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit())
process.on('message', ({ watch, ask }) => {
  if (watch !== undefined) watched = { sent: 0, ...watch }
  process.send(ask === 'sent' ? { sent: watched.sent } : { watching: true })
})

async function answer(request, response) {
  // One way and back for the request; the first on a connection also waits for its handshake.
  await delay(latencyMs * (fresh.delete(request.socket) ? 2 : 1))
  const file = load(basename(new URL(request.url, 'http://files').pathname))
  const range = rangeOf(request, file.length)
  const bytes = range === null ? file : file.subarray(range.from, range.to + 1)
  response.writeHead(range === null ? 200 : 206, headersOf(file, range, bytes.length))
  if (request.method !== 'HEAD') await send(response, bytes)
  response.end()
}

function load(name) {
  if (!files.has(name)) files.set(name, readFileSync(join(root, name)))
  return files.get(name)
}

/** `bytes=from-` or `bytes=from-to`, both included; anything else is answered with the whole file. */
function rangeOf({ headers }, size) {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
  if (from === undefined || Number(from) >= size) return null
  return { from: Number(from), to: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}

function headersOf(file, range, length) {
  return {
    'content-type': 'application/octet-stream',
    'content-length': length,
    'accept-ranges': 'bytes',
    etag: `"${file.length}"`,
    ...(range === null
      ? {}
      : { 'content-range': `bytes ${range.from}-${range.to}/${file.length}` }),
  }
}

async function send(response, bytes) {
  const connection = createPace(bytesPerSecond)
  for (let at = 0; at < bytes.length && !response.destroyed; at += PART_BYTES) {
    const part = bytes.subarray(at, at + PART_BYTES)
    await line(part.length)
    await connection(part.length)
    if (isDue('stallAt')) await once(response, 'close')
    else if (!response.destroyed) await write(response, part)
    if (isDue('tellAt')) process.send({ told: true })
  }
}

/** True once, when the byte of a watch was sent. */
function isDue(what) {
  if (watched[what] === null || watched.sent < watched[what]) return false
  watched[what] = null
  return true
}

/** Counts what the system took; a client that went away is noticed by the loop. */
function write(response, part) {
  return new Promise((resolve) => {
    response.once('close', resolve)
    response.write(part, (error) => {
      response.off('close', resolve)
      if (!error) watched.sent += part.length
      resolve()
    })
  })
}

/** Waits as long as a line of this rate takes for so many bytes; null: no limit. */
function createPace(rate) {
  if (rate === null) return async () => {}
  let free = performance.now()
  return async (bytes) => {
    const now = performance.now()
    free = Math.max(free, now - CREDIT_MS) + (bytes / rate) * 1000
    if (free - now > 1) await delay(free - now)
  }
}
