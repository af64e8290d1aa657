// A smart HTTP server for git: `git http-backend` behind Node. Started by `git-server.mjs`.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

const { root, latencyMs, bytesPerSecond, fromMemory } = JSON.parse(process.argv[2])
/** Whole answers by request. */
const remembered = new Map()
/** Chunks of git's output are cut to this, so that a limited line is smooth. */
const PART_BYTES = 16 * 1024

const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.destroy(error))
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit())

async function answer(request, response) {
  const body = await buffer(request)
  // Not while git runs: Node throws away what a child wrote when nobody read it before its end.
  if (latencyMs > 0) await delay(latencyMs)
  const chunks = fromMemory ? [await remember(request, body)] : backend(request, body)
  await relay(chunks, response)
}

function remember(request, body) {
  const protocol = request.headers['git-protocol']
  const key = [request.method, request.url, protocol, body.toString('latin1')].join('\n')
  if (!remembered.has(key)) remembered.set(key, buffer(backend(request, body)))
  return remembered.get(key)
}

/** The output of one CGI call (RFC 3875): head lines, an empty line, the body. */
function backend(request, body) {
  const child = spawn('git', ['http-backend'], {
    env: cgiEnv(request, body.length),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {}) // git may answer before it has read the request
  child.stdin.end(body)
  return child.stdout
}

async function relay(chunks, response) {
  const write = createWriter(response)
  let head = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (response.headersSent) {
      await write(chunk)
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) continue
    writeHead(response, head.toString('latin1', 0, end))
    await write(head.subarray(end + 4))
  }
  response.end()
}

/** Writes at once, or no faster than the line. */
function createWriter(response) {
  if (bytesPerSecond === null) return async (chunk) => void response.write(chunk)
  const started = performance.now()
  let sent = 0
  return async (chunk) => {
    for (let at = 0; at < chunk.length; at += PART_BYTES) {
      const part = chunk.subarray(at, at + PART_BYTES)
      response.write(part)
      sent += part.length
      const early = (sent / bytesPerSecond) * 1000 - (performance.now() - started)
      if (early > 1) await delay(early)
    }
  }
}

function writeHead(response, head) {
  const { status = '200', ...headers } = Object.fromEntries(
    head.split('\r\n').map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  response.writeHead(Number.parseInt(status, 10), headers)
}

function cgiEnv(request, length) {
  const { pathname, search } = new URL(request.url, 'http://git')
  return {
    PATH: process.env.PATH,
    GIT_CONFIG_NOSYSTEM: '1',
    // What the big hosts allow: any commit by its name.
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'uploadpack.allowAnySHA1InWant',
    GIT_CONFIG_VALUE_0: 'true',
    GIT_CONFIG_KEY_1: 'safe.directory',
    GIT_CONFIG_VALUE_1: '*',
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
    REQUEST_METHOD: request.method,
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: search.slice(1),
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    CONTENT_LENGTH: String(length),
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    REMOTE_ADDR: '127.0.0.1',
  }
}
