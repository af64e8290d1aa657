import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { listen } from './listen.ts'

const BLOCK_BYTES = 16_384

/** What goes wrong with one answer; any of them may come together. */
export interface Chaos {
  /** Wait before answering, and then never, or not this time. */
  delayMs?: number
  hang?: boolean
  /** An answer without the file. */
  status?: number
  retryAfter?: string
  redirectTo?: string
  /** Bytes that are no HTTP. */
  garbage?: string
  /** Close, reset, or fall silent after so many bytes of the body. */
  dropAfter?: number
  resetAfter?: number
  stallAfter?: number
  /** Pause for so long after the first bytes: a slow start. */
  slowStartMs?: number
  bytesPerSecond?: number
  /** Send the whole file whatever was asked for. */
  ignoreRange?: boolean
  /** Send the range of what is there now, whatever `If-Range` says. */
  ignoreIfRange?: boolean
  /** Send another version of the file, with another ETag. */
  body?: Buffer
  etag?: string
  /** In place of the true ones. */
  contentRange?: string
  contentLength?: number
  contentEncoding?: string
  /** No length: in chunks, or until the connection is closed, as HTTP/1.0 does. */
  framing?: 'chunked' | 'close'
  without?: readonly string[]
  headers?: Readonly<Record<string, string>>
}

export interface ChaosRequest {
  /** Query included. */
  readonly path: string
  /** Bytes `from` to `to`, both included, as they were asked for. */
  readonly range: { from: number; to: number | null } | null
  readonly headers: IncomingMessage['headers']
  /** Counts the requests for this path from 0. */
  readonly index: number
  /** Counts the connections from 0. */
  readonly connection: number
  /** Bytes of the body that have gone out. */
  sent: number
}

export interface ChaosOptions {
  files: ReadonlyMap<string, Buffer>
  /** Asked for each request: what goes wrong with it, or null. */
  chaos?: (request: ChaosRequest) => Chaos | null
  /** More connections than these at once are reset, or refused with 503. */
  maxConnections?: number
  refuseWith?: 'reset' | 503
  /** Of each connection. */
  bytesPerSecond?: number
  /** Another loopback address is another host to a client. */
  host?: string
  tls?: { key: string; cert: string }
}

export interface ChaosServer {
  /** Without a slash at its end. */
  readonly url: string
  /** In order of arrival. */
  readonly requests: readonly ChaosRequest[]
  /** The most connections that were open at once. */
  readonly peak: number
  chaos: (request: ChaosRequest) => Chaos | null
  /** The next time that a request arrives, or that an answer falls silent. */
  next(what: 'request' | 'stall'): Promise<void>
  stop(): Promise<void>
}

/** A server of files with ranges and validators, and with everything that can go wrong on the way. */
export async function startChaosServer(options: ChaosOptions): Promise<ChaosServer> {
  const { host = '127.0.0.1', tls, maxConnections = Number.POSITIVE_INFINITY } = options
  const requests: ChaosRequest[] = []
  const events = new EventEmitter()
  const open = new Set<Socket>()
  const numbers = new Map<Socket, number>()
  const state = { chaos: options.chaos ?? (() => null), peak: 0 }
  const onRequest = (message: IncomingMessage, response: ServerResponse) => {
    const request = describe(message, requests, numbers.get(message.socket) ?? -1)
    requests.push(request)
    events.emit('request')
    const isTooMany = open.size > maxConnections && options.refuseWith === 503
    const chaos = isTooMany ? { status: 503 } : state.chaos(request)
    answer(options, { message, response, request, chaos: chaos ?? {}, events }).catch(() =>
      response.destroy(),
    )
  }
  const server: Server =
    tls === undefined ? createHttpServer(onRequest) : createHttpsServer(tls, onRequest)
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    numbers.set(socket, numbers.size)
    open.add(socket)
    state.peak = Math.max(state.peak, open.size)
    socket.on('close', () => open.delete(socket)).on('error', () => {})
    if (open.size > maxConnections && options.refuseWith !== 503) socket.resetAndDestroy()
  })
  const port = await listen(server, host)
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    requests,
    get peak() {
      return state.peak
    },
    get chaos() {
      return state.chaos
    },
    set chaos(chaos) {
      state.chaos = chaos
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
  message: IncomingMessage
  response: ServerResponse
  request: ChaosRequest
  chaos: Chaos
  events: EventEmitter
}

async function answer(options: ChaosOptions, exchange: Exchange): Promise<void> {
  const { message, response, request, chaos } = exchange
  if (chaos.delayMs !== undefined) await delay(chaos.delayMs)
  if (chaos.hang === true) return
  if (chaos.garbage !== undefined) return void message.socket.end(chaos.garbage)
  if (chaos.redirectTo !== undefined)
    return void response.writeHead(302, { location: chaos.redirectTo }).end('elsewhere')
  if (chaos.status !== undefined) {
    const retry = chaos.retryAfter === undefined ? {} : { 'retry-after': chaos.retryAfter }
    return void response.writeHead(chaos.status, { ...retry, ...chaos.headers }).end('refused')
  }
  const file = chaos.body ?? options.files.get(new URL(request.path, 'http://files').pathname)
  if (file === undefined) return void response.writeHead(404).end()
  const etag = chaos.etag ?? etagOf(file)
  const condition = message.headers['if-range']
  const isSame = condition === undefined || condition === etag || chaos.ignoreIfRange === true
  const range = chaos.ignoreRange === true || !isSame ? null : request.range
  if (range !== null && range.from >= file.length)
    return void response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
  const from = range?.from ?? 0
  const to = Math.min(range?.to ?? file.length - 1, file.length - 1)
  if (chaos.framing === 'close') response.shouldKeepAlive = false
  if (chaos.framing === 'close') response.useChunkedEncodingByDefault = false
  response.writeHead(
    range === null ? 200 : 206,
    headersOf(file, etag, from, to, range !== null, chaos),
  )
  await send(options, exchange, file.subarray(from, to + 1))
}

function headersOf(
  file: Buffer,
  etag: string,
  from: number,
  to: number,
  isRange: boolean,
  chaos: Chaos,
): Record<string, string> {
  const range = chaos.contentRange ?? `bytes ${from}-${to}/${file.length}`
  const length = chaos.contentLength ?? to - from + 1
  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    etag,
    ...(chaos.framing === undefined ? { 'content-length': String(length) } : {}),
    ...(isRange ? { 'content-range': range } : {}),
    ...(chaos.contentEncoding === undefined ? {} : { 'content-encoding': chaos.contentEncoding }),
    ...chaos.headers,
  }
  for (const name of chaos.without ?? []) delete headers[name]
  return headers
}

async function send(options: ChaosOptions, exchange: Exchange, body: Buffer): Promise<void> {
  const { message, response, request, chaos, events } = exchange
  const ends = [chaos.dropAfter, chaos.resetAfter, chaos.stallAfter, body.length]
  const end = Math.min(...ends.map((one) => one ?? Number.POSITIVE_INFINITY))
  const rate = chaos.bytesPerSecond ?? options.bytesPerSecond
  response.flushHeaders()
  for (let at = 0; at < end;) {
    const block = body.subarray(at, Math.min(at + BLOCK_BYTES, end))
    await write(response, block)
    at += block.length
    request.sent += block.length
    if (rate !== undefined) await delay((block.length / rate) * 1000)
    if (at === block.length && chaos.slowStartMs !== undefined) await delay(chaos.slowStartMs)
  }
  if (end === body.length && (chaos.contentLength ?? 0) <= body.length) response.end()
  else if (chaos.stallAfter === end) events.emit('stall')
  else if (chaos.resetAfter === end) message.socket.resetAndDestroy()
  else response.destroy()
}

/** Resolves when the bytes are with the system. */
function write(response: ServerResponse, block: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(block, (error) => (error ? reject(error) : resolve()))
  })
}

function describe(
  { url = '/', headers }: IncomingMessage,
  before: readonly ChaosRequest[],
  connection: number,
): ChaosRequest {
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  return {
    path: url,
    range:
      range === null
        ? null
        : { from: Number(range[1]), to: range[2] === '' ? null : Number(range[2]) },
    headers,
    index: before.filter(({ path }) => path === url).length,
    connection,
    sent: 0,
  }
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}
