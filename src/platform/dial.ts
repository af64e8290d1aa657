import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { createAnswerReader } from './answer-reader.ts'
import { proxyAuthorization, proxyOf } from './proxy.ts'
import { connectThroughSocks } from './socks.ts'
import { asError, silence, UrlError } from './url-error.ts'

export interface DialOptions {
  /** `HTTPS_PROXY` and the like. */
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Silence for this long while connecting is an `ETIMEDOUT`. */
  readonly idleMs: number
  /** Asked only where TLS is spoken. */
  readonly trust: () => SecureContext | undefined
  /** Of an earlier connection to the same host: a shorter handshake. */
  readonly session?: Buffer | undefined
  /** Used where Node can read into a buffer of ours: see `Dialed.readsInto`. */
  readonly onread?: OnReadOpts
}

export interface Dialed {
  readonly socket: Socket
  /** False: `onread` was of no use, because bytes have passed already; listen to `data`. */
  readonly readsInto: boolean
  /** The proxy to which requests have to be addressed in full; null: requests go to the host. */
  readonly relay: URL | null
}

/**
 * A connection over which requests to the host of `url` can be sent: directly, through an HTTP proxy
 * (`CONNECT` for https, a relay for http) or a SOCKS proxy, with TLS where the scheme wants it.
 * Addresses of both families are tried side by side.
 * @throws UrlError, what node:net and node:tls throw
 */
export async function dial(url: URL, options: DialOptions): Promise<Dialed> {
  const proxy = proxyOf(options.env, url)
  const isSecure = url.protocol === 'https:'
  if (proxy === null) return { socket: await open(url, options), readsInto: true, relay: null }
  const isSocks = proxy.protocol.startsWith('socks')
  const { onread: _unused, session: _other, ...plain } = options
  const socket = await open(proxy, plain)
  if (!isSecure && !isSocks) return { socket, readsInto: false, relay: proxy }
  if (isSocks) await connectThroughSocks(socket, proxy, addressOf(url))
  else await openTunnel(socket, proxy, url, options.idleMs)
  const through = isSecure ? await secure(socket, url, options) : socket
  return { socket: through, readsInto: false, relay: null }
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** The name of a host as sockets take it, and its port. */
function addressOf(url: URL): { host: string; port: number } {
  const port = url.port === '' ? (PORTS[url.protocol] ?? 1080) : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port }
}

function open(url: URL, options: DialOptions): Promise<Socket> {
  const onread = options.onread === undefined ? {} : { onread: options.onread }
  const target = { ...addressOf(url), ...onread, autoSelectFamily: true, noDelay: true }
  if (url.protocol !== 'https:')
    return ready(connectTcp(target), 'connect', options.signal, options.idleMs)
  const socket = connectTls({ ...target, ...tlsOptions(url, options) })
  return ready(socket, 'secureConnect', options.signal, options.idleMs)
}

function secure(socket: Socket, url: URL, options: DialOptions): Promise<Socket> {
  const through = connectTls({ socket, ...tlsOptions(url, options) })
  return ready(through, 'secureConnect', options.signal, options.idleMs)
}

function tlsOptions(url: URL, { trust, session }: DialOptions) {
  const { host } = addressOf(url)
  const secureContext = trust()
  return {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ['http/1.1'],
    ...(secureContext === undefined ? {} : { secureContext }),
    ...(session === undefined ? {} : { session }),
  }
}

/** RFC 9110 §9.3.6 */
async function openTunnel(socket: Socket, proxy: URL, url: URL, idleMs: number): Promise<void> {
  const { host, port } = addressOf(url)
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const login = proxyAuthorization(proxy)
  const lines = [`CONNECT ${authority} HTTP/1.1`, `host: ${authority}`]
  if (login !== null) lines.push(`proxy-authorization: ${login}`)
  const status = await new Promise<number>((resolve, reject) => {
    const reader = createAnswerReader((head) => {
      resolve(head.status)
      return () => false
    })
    const onClose = () => reject(new UrlError('EPROXY', `the proxy ${proxy.host} hung up`))
    socket.setTimeout(idleMs, () => socket.destroy(silence(idleMs)))
    socket.on('close', onClose).on('error', reject)
    socket.on('data', function onData(chunk: Buffer) {
      try {
        reader.feed(chunk)
      } catch (error) {
        reject(asError(error))
      }
    })
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  })
  for (const event of ['data', 'close', 'timeout']) socket.removeAllListeners(event)
  socket.setTimeout(0)
  if (status >= 200 && status < 300) return
  socket.destroy()
  throw new UrlError('EPROXY', `the proxy ${proxy.host} answers ${status} to CONNECT`)
}

/** The socket once it has said `event`. Its failures stay harmless: whoever uses it listens to `close`. */
function ready<T extends Socket>(
  socket: T,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  idleMs: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => socket.destroy(asError(signal.reason))
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', onAbort)
      socket.setTimeout(0).removeAllListeners('timeout')
      then()
    }
    socket.on('error', (error) => settle(() => reject(error)))
    socket.once('close', () => settle(() => reject(new UrlError('ECLOSED', 'connection closed'))))
    socket.once(event, () => settle(() => resolve(socket)))
    socket.setTimeout(idleMs, () => socket.destroy(silence(idleMs)))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}
