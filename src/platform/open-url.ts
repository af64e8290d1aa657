import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Socket } from 'node:net'
import type { Ctx } from '../core/context.ts'
import { takeBody, type AnswerBody } from './answer-body.ts'
import { createBlockPool, type BlockPool } from './block-pool.ts'
import { createConnectionPool, type ConnectionPool } from './connection-pool.ts'
import { dial, type DialOptions } from './dial.ts'
import { proxyAuthorization, proxyOf } from './proxy.ts'
import { createHops, isOwnHost, parseHttpUrl, redirectTarget } from './redirect.ts'
import { asError, silence } from './url-error.ts'

/** The body of a redirect is waited for when it is this small. */
const DRAIN_BYTES = 65_536

/** Connections that live from one request to the next; `destroyAgents` ends them. */
export interface HttpAgents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
  /** For downloads. */
  readonly connections: ConnectionPool
  /** For downloads to network volumes. */
  readonly blocks: BlockPool
}

export interface UrlRequest {
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly url: string
  /** Sent to every host of a redirect chain. */
  readonly headers: Readonly<Record<string, string>>
  /** Credentials: sent to the host of `url` alone, and never from https down to http (R59). */
  readonly ownHeaders: Readonly<Record<string, string>>
  readonly agents: HttpAgents
  /** Of a POST; sent again to where it redirects. */
  readonly body?: string
  /** Silence for this long is an `ETIMEDOUT`, before the answer and within its body. */
  readonly idleMs: number
}

export interface UrlAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** After redirects. */
  readonly url: string
  /** To be read to its end or discarded. */
  readonly body: AnswerBody
}

/**
 * Send a request and follow its redirects; the answer's own body is not read yet.
 * @throws UrlError, what node:http throws, `AbortError` when `ctx.signal` is aborted
 */
export async function openUrl(ctx: Ctx, request: UrlRequest): Promise<UrlAnswer> {
  const origin = parseHttpUrl(request.url)
  const hops = createHops()
  for (let at = origin; ;) {
    hops.add(at)
    const own = isOwnHost(origin, at) ? request.ownHeaders : {}
    const { message, body } = await send(ctx, request, at, { ...request.headers, ...own })
    const { statusCode = 0, headers } = message
    const next = redirectTarget(statusCode, headers.location, at)
    if (next === null) return { status: statusCode, headers, url: at.href, body }
    if (!isShort(message)) body.discard()
    at = next
  }
}

export function createHttpAgents(): HttpAgents {
  return {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true }),
    connections: createConnectionPool(),
    blocks: createBlockPool(),
  }
}

export function destroyAgents(agents: HttpAgents): void {
  agents.http.destroy()
  agents.https.destroy()
  agents.connections.destroy()
}

function send(
  ctx: Ctx,
  { method, agents, idleMs, body }: UrlRequest,
  url: URL,
  headers: Record<string, string>,
): Promise<{ message: IncomingMessage; body: AnswerBody }> {
  const way = wayTo(ctx, url, agents, idleMs)
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method,
      ...way.options,
      headers: {
        'user-agent': 'comfypin',
        'accept-encoding': 'identity',
        ...headers,
        ...way.headers,
      },
      signal: ctx.signal,
    })
    const timer = setTimeout(() => outgoing.destroy(silence(idleMs)), idleMs)
    outgoing.on('response', (message) => {
      clearTimeout(timer)
      resolve({ message, body: takeBody(message) })
    })
    outgoing.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    outgoing.end(body)
  })
}

/** How a request reaches its host: over a connection that is kept, or over one through a proxy. */
function wayTo(
  ctx: Ctx,
  url: URL,
  agents: HttpAgents,
  idleMs: number,
): { options: RequestOptions; headers: Record<string, string> } {
  const { env } = ctx.settings
  const isSecure = url.protocol === 'https:'
  const { trust } = agents.connections
  const proxy = proxyOf(env, url)
  if (proxy === null) {
    const context = isSecure ? trust(ctx) : undefined
    const secureContext = context === undefined ? {} : { secureContext: context }
    return {
      options: { agent: isSecure ? agents.https : agents.http, ...secureContext },
      headers: {},
    }
  }
  const createConnection: RequestOptions['createConnection'] = (_options, done) => {
    void dialFor(done, url, { env, signal: ctx.signal, idleMs, trust: () => trust(ctx) })
    return undefined
  }
  if (isSecure || proxy.protocol.startsWith('socks'))
    return { options: { createConnection }, headers: {} }
  const login = proxyAuthorization(proxy)
  return {
    options: { createConnection, path: url.href },
    headers: login === null ? {} : { 'proxy-authorization': login },
  }
}

/** Node's callback wants a socket even where there is none. */
async function dialFor(
  done: (error: Error | null, socket: Socket) => void,
  url: URL,
  options: DialOptions,
): Promise<void> {
  const dialed = await dial(url, options).catch(asError)
  if (dialed instanceof Error) done(dialed, new Socket())
  else done(null, dialed.socket)
}

/** Then it ends by itself, and its connection lives on. */
function isShort({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? Number.NaN) <= DRAIN_BYTES
}
