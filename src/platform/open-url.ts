import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Ctx } from '../core/context.ts'
import { takeBody, type AnswerBody } from './answer-body.ts'
import { silence, UrlError } from './url-error.ts'

const MAX_REDIRECTS = 10
/** The body of a redirect is waited for when it is this small. */
const DRAIN_BYTES = 65_536

/** Connections that live from one request to the next; `destroyAgents` ends them. */
export interface HttpAgents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
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
  const seen = new Set<string>()
  for (let at = origin; ;) {
    if (seen.has(at.href)) throw new UrlError('EREDIRECT', `redirects in a circle at ${at.host}`)
    if (seen.size > MAX_REDIRECTS)
      throw new UrlError('EREDIRECT', `more than ${MAX_REDIRECTS} redirects`)
    seen.add(at.href)
    const own = isOwnHost(origin, at) ? request.ownHeaders : {}
    const { message, body } = await send(ctx, request, at, { ...request.headers, ...own })
    const next = redirectTarget(message, at)
    if (next === null)
      return { status: message.statusCode ?? 0, headers: message.headers, url: at.href, body }
    if (!isShort(message)) body.discard()
    at = next
  }
}

/** True when credentials meant for `origin` may go to `hop`: same host and port, no loss of https. */
export function isOwnHost(origin: URL, hop: URL): boolean {
  const samePort = origin.port === hop.port
  return (
    origin.hostname === hop.hostname &&
    samePort &&
    (origin.protocol === hop.protocol || hop.protocol === 'https:')
  )
}

export function createHttpAgents(): HttpAgents {
  return { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
}

export function destroyAgents(agents: HttpAgents): void {
  agents.http.destroy()
  agents.https.destroy()
}

function send(
  ctx: Ctx,
  { method, agents, idleMs, body }: UrlRequest,
  url: URL,
  headers: Record<string, string>,
): Promise<{ message: IncomingMessage; body: AnswerBody }> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:'
    const outgoing = (secure ? httpsRequest : httpRequest)(url, {
      method,
      agent: secure ? agents.https : agents.http,
      headers: { 'user-agent': 'comfypin', 'accept-encoding': 'identity', ...headers },
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

function redirectTarget({ statusCode, headers }: IncomingMessage, from: URL): URL | null {
  if (![301, 302, 303, 307, 308].includes(statusCode ?? 0)) return null
  if (headers.location === undefined) return null
  if (!URL.canParse(headers.location, from.href))
    throw new UrlError('EREDIRECT', `${from.host} redirects to something that is no address`)
  return parseHttpUrl(new URL(headers.location, from).href)
}

/** Credentials inside an address are dropped: they would be sent by Node without any rule. */
function parseHttpUrl(text: string): URL {
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UrlError('EPROTOCOL', `${url.protocol} is not http or https`)
  url.username = ''
  url.password = ''
  url.hash = ''
  return url
}

/** Then it ends by itself, and its connection lives on. */
function isShort({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? Number.NaN) <= DRAIN_BYTES
}
