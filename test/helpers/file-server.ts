import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { listen } from './listen.ts'

const BLOCK_BYTES = 65_536
const LAST_MODIFIED = 'Mon, 06 Jan 2025 10:00:00 GMT'

/** What goes wrong with an answer; several in one fault apply together. */
export interface FileFault {
  /** Only for this path, this method, so many times; else for all, for ever. */
  path?: string
  method?: string
  times?: number
  /** Take the connection and never answer. */
  hang?: boolean
  /** Answer with this status and no file. */
  status?: number
  redirectTo?: string
  /** Added to the answer, or put in place of its own. */
  headers?: Readonly<Record<string, string>>
  /** Headers left out of the answer. */
  without?: readonly string[]
  /** Know nothing of `Range`. */
  noRanges?: boolean
  /** Answer a range although `If-Range` says another version of the file. */
  ignoreIfRange?: boolean
  /** Promise this many bytes in `Content-Length` or `Content-Range`, and send what is there. */
  claimSize?: number
  /** No size at all: chunked encoding. */
  chunked?: boolean
  gzip?: boolean
  /** Close the connection, or fall silent, after so many bytes of the body. */
  dropAfter?: number
  stallAfter?: number
  bytesPerSecond?: number
}

export interface FileRequest {
  method: string
  /** Query included. */
  path: string
  range: string | null
  headers: IncomingHttpHeaders
  status: number | null
  /** Bytes of the body that went out. */
  sent: number
  /** The client's: equal for requests on one connection. */
  port: number | null
}

export interface FileServerOptions {
  /** Path → bytes, or a folder. */
  files: ReadonlyMap<string, Buffer> | string
  /** Wanted as a bearer token; 401 without it. */
  token?: string
  faults?: readonly FileFault[]
  /** Another loopback address is another host to a client. */
  host?: string
  tls?: { key: string; cert: string }
}

export interface FileServer {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string
  /** In order of arrival. */
  readonly requests: readonly FileRequest[]
  /** Replaced at will; the first one that fits a request is used. */
  faults: FileFault[]
  /** The next time that a request arrives, or that a `stallAfter` fault has fallen silent. */
  next(what: 'request' | 'stall'): Promise<void>
  stop(): Promise<void>
}

/** A file server with ranges, validators and any fault that a transfer has to live with. */
export async function startFileServer(options: FileServerOptions): Promise<FileServer> {
  const requests: FileRequest[] = []
  const events = new EventEmitter()
  const host = options.host ?? '127.0.0.1'
  const state = { faults: (options.faults ?? []).map((fault) => ({ ...fault })) }
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const logged = logRequest(request)
    requests.push(logged)
    response.on('close', () => (logged.status = response.statusCode))
    events.emit('request')
    const fault = takeFault(state.faults, request)
    answer(options, { request, response, logged, fault, events }).catch(() => response.destroy())
  }
  const server: Server =
    options.tls === undefined
      ? createHttpServer(onRequest)
      : createHttpsServer(options.tls, onRequest)
  const port = await listen(server, host)
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    requests,
    get faults() {
      return state.faults
    },
    set faults(faults) {
      state.faults = faults
    },
    next: async (what) => void (await once(events, what)),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  logged: FileRequest
  fault: FileFault
  events: EventEmitter
}

async function answer(options: FileServerOptions, exchange: Exchange): Promise<void> {
  const { request, response, fault } = exchange
  if (fault.hang === true) return
  if (fault.redirectTo !== undefined)
    return void response.writeHead(302, { location: fault.redirectTo, ...fault.headers }).end()
  if (fault.status !== undefined)
    return void response.writeHead(fault.status, { ...fault.headers }).end('refused\n')
  if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`)
    return void response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
  const file = findFile(options.files, new URL(request.url ?? '/', 'http://files').pathname)
  if (file === null) return void response.writeHead(404).end()
  const body = fault.gzip === true ? gzipSync(file) : file
  const range = rangeOf(request, fault, body)
  if (range !== null && range.from >= body.length)
    return void response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
  response.writeHead(range === null ? 200 : 206, headersOf(body, range, fault))
  if (request.method === 'HEAD') return void response.end()
  await sendBody(exchange, range === null ? body : body.subarray(range.from, range.to + 1))
}

/** Bytes `from` to `to`, both included. */
interface ByteRange {
  from: number
  to: number
}

/** null: the whole file is asked for, or has to be sent because it is another version. */
function rangeOf({ headers }: IncomingMessage, fault: FileFault, body: Buffer): ByteRange | null {
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  if (range === null || fault.noRanges === true) return null
  const condition = headers['if-range']
  const etag = fault.headers?.['etag'] ?? etagOf(body)
  const isSame = condition === undefined || condition === etag || condition === LAST_MODIFIED
  if (!isSame && fault.ignoreIfRange !== true) return null
  const last = (fault.claimSize ?? body.length) - 1
  return { from: Number(range[1]), to: range[2] === '' ? last : Math.min(Number(range[2]), last) }
}

function headersOf(
  body: Buffer,
  range: ByteRange | null,
  fault: FileFault,
): Record<string, string> {
  const size = fault.claimSize ?? body.length
  const { from, to } = range ?? { from: 0, to: size - 1 }
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    etag: etagOf(body),
    'last-modified': LAST_MODIFIED,
    'accept-ranges': 'bytes',
    ...(fault.chunked === true ? {} : { 'content-length': String(to - from + 1) }),
    ...(range === null ? {} : { 'content-range': `bytes ${from}-${to}/${size}` }),
    ...(fault.gzip === true ? { 'content-encoding': 'gzip' } : {}),
    ...fault.headers,
  }
  for (const name of fault.without ?? []) delete headers[name]
  return headers
}

async function sendBody({ response, logged, fault, events }: Exchange, body: Buffer) {
  const end = Math.min(fault.dropAfter ?? Infinity, fault.stallAfter ?? Infinity, body.length)
  while (logged.sent < end) {
    const block = body.subarray(logged.sent, Math.min(logged.sent + BLOCK_BYTES, end))
    await write(response, block)
    logged.sent += block.length
    if (fault.bytesPerSecond !== undefined)
      await delay((block.length / fault.bytesPerSecond) * 1000)
  }
  if (fault.stallAfter !== undefined) return void events.emit('stall')
  const isBroken = fault.dropAfter !== undefined || (fault.claimSize ?? 0) > body.length
  if (isBroken) response.destroy()
  else response.end()
}

/** Resolves when the bytes are with the system. */
function write(response: ServerResponse, block: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(block, (error) => (error ? reject(error) : resolve()))
  })
}

function takeFault(faults: readonly FileFault[], { url, method }: IncomingMessage): FileFault {
  const fault = faults.find(
    (one) =>
      (one.path === undefined || one.path === url) &&
      (one.method === undefined || one.method === method) &&
      one.times !== 0,
  )
  if (fault?.times !== undefined) fault.times--
  return fault ?? {}
}

function logRequest({ method, url, headers, socket }: IncomingMessage): FileRequest {
  return {
    method: method ?? 'GET',
    path: url ?? '/',
    range: headers.range ?? null,
    headers,
    status: null,
    sent: 0,
    port: socket.remotePort ?? null,
  }
}

function findFile(files: ReadonlyMap<string, Buffer> | string, path: string): Buffer | null {
  if (typeof files !== 'string') return files.get(path) ?? null
  const full = join(files, decodeURIComponent(path))
  return statSync(full, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(full) : null
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}
