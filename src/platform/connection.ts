import type { Socket } from 'node:net'
import { createAnswerReader, type AnswerHead, type BodySink } from './answer-reader.ts'
import { dial, type DialOptions } from './dial.ts'
import { proxyAuthorization } from './proxy.ts'
import { readIntoBlock, readIntoShared } from './read-into.ts'
import { asError, silence, UrlError } from './url-error.ts'

/** How an answer ended; only after `done` the connection can carry another one. */
export type AnswerEnd = 'done' | 'last' | 'refused'

/**
 * Then it is the turn of the other connections. Node reads from one as long as it has something, and
 * those with small windows would starve beside those with big ones.
 */
const TURN_BYTES = 512 << 10

/** One HTTP/1.1 connection, which carries one exchange at a time. */
export interface Connection {
  /**
   * Send a GET and hand its answer on: `onHead` says where the body goes. What these two throw
   * ends the connection and comes back from here.
   * @throws UrlError, what node:net throws, the reason of `destroy`
   */
  get(
    url: URL,
    headers: Readonly<Record<string, string>>,
    onHead: (head: AnswerHead) => BodySink,
    idleMs: number,
  ): Promise<AnswerEnd>
  /** Read nothing for a while; the server will notice. */
  pause(ms: number): void
  isOpen(): boolean
  /** Ends an exchange that is under way with this error. */
  destroy(error?: Error): void
}

export interface ConnectionOptions extends Omit<DialOptions, 'onread'> {
  /** Bytes are read into it; it is used by many connections, one at a time. */
  readonly buffer: Buffer
  onSession(session: Buffer): void
  /** It is closed, by whomever. */
  onClose(): void
}

interface Exchange {
  feed(chunk: Buffer): void
  /** The server has closed its side. */
  end(): void
  fail(error: Error): void
}

/** @throws what `dial` throws */
export async function openConnection(url: URL, options: ConnectionOptions): Promise<Connection> {
  const current: { exchange: Exchange | null } = { exchange: null }
  const feed = (chunk: Buffer) => {
    if (current.exchange === null) return void socket.destroy() // bytes that nobody asked for
    turn += chunk.length
    if (turn >= TURN_BYTES) endTurn()
    current.exchange.feed(chunk)
  }
  let turn = 0
  const endTurn = () => {
    turn = 0
    socket.pause()
    setImmediate(() => isResting || socket.resume())
  }
  const isSecure = url.protocol === 'https:'
  const { onread, flush } = isSecure ? readIntoBlock(feed) : readIntoShared(options.buffer, feed)
  const { socket, readsInto, relay } = await dial(url, { ...options, onread })
  if (!readsInto) socket.on('data', feed)
  let isResting = false
  let failure: Error | null = null
  socket.on('session', options.onSession)
  socket.on('error', (error) => (failure = error))
  socket.on('end', () => {
    flush()
    current.exchange?.end()
  })
  socket.on('close', () => {
    flush()
    options.onClose()
    current.exchange?.fail(failure ?? new UrlError('ECLOSED', 'the connection was closed'))
  })
  return {
    get: (target, headers, onHead, idleMs) =>
      exchange(socket, current, requestText(target, headers, relay), onHead, idleMs),
    pause(ms) {
      const idleMs = socket.timeout ?? 0
      isResting = true
      socket.pause().setTimeout(0)
      setTimeout(() => {
        isResting = false
        socket.resume().setTimeout(idleMs)
      }, ms)
    },
    isOpen: () => !socket.destroyed && socket.readable,
    destroy(error) {
      failure ??= error ?? null
      socket.destroy()
    },
  }
}

function exchange(
  socket: Socket,
  current: { exchange: Exchange | null },
  request: string,
  onHead: (head: AnswerHead) => BodySink,
  idleMs: number,
): Promise<AnswerEnd> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      current.exchange = null
      socket.setTimeout(0).off('timeout', onSilence)
      then()
    }
    const fail = (error: unknown) =>
      settle(() => {
        socket.destroy()
        reject(asError(error))
      })
    const succeed = (end: AnswerEnd) =>
      settle(() => {
        if (end !== 'done') socket.destroy()
        resolve(end)
      })
    const onSilence = () => fail(silence(idleMs))
    const reader = createAnswerReader(onHead)
    current.exchange = {
      feed(chunk) {
        try {
          const state = reader.feed(chunk)
          if (state !== 'more') succeed(state)
        } catch (error) {
          fail(error)
        }
      },
      end: () =>
        reader.end() ? succeed('last') : fail(new UrlError('ECLOSED', 'the connection was closed')),
      fail,
    }
    if (socket.destroyed) return current.exchange.end()
    socket.setTimeout(idleMs).on('timeout', onSilence)
    socket.write(request, 'latin1')
  })
}

/** @throws UrlError for a header that would be two */
function requestText(
  url: URL,
  headers: Readonly<Record<string, string>>,
  relay: URL | null,
): string {
  const login = relay === null ? null : proxyAuthorization(relay)
  const fields = Object.entries({
    host: url.host,
    'user-agent': 'comfypin',
    accept: '*/*',
    'accept-encoding': 'identity',
    ...headers,
    ...(login === null ? {} : { 'proxy-authorization': login }),
  })
  for (const [name, value] of fields)
    if (/[\r\n\0]/.test(name + value))
      throw new UrlError('EPROTOCOL', `a header ${name} of two lines`)
  const path = url.pathname + url.search
  const start = `GET ${relay === null ? path : `${url.protocol}//${url.host}${path}`} HTTP/1.1`
  return `${start}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
