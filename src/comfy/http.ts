import { Agent, request } from 'node:http'
import { ComfypinError, reasonOf } from '../core/errors.ts'

export interface HttpAnswer {
  status: number
  body: string
}

export interface HttpRequest {
  method?: 'GET' | 'POST'
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is, with its content type. */
  form?: { type: string; body: Buffer }
  /** A server that is busy for longer than this has failed. Default 60 s: ComfyUI answers on one thread. */
  timeoutMs?: number
}

export interface Http {
  send(path: string, options?: HttpRequest): Promise<HttpAnswer>
  close(): void
}

const TIMEOUT_MS = 60_000
/** Shorter than the server's own limit (aiohttp: 75 s), so that no request meets a closing socket. */
const IDLE_MS = 20_000

/**
 * HTTP to one ComfyUI over kept connections. `node:http` instead of `fetch`: less than half the cost
 * per request, and no loading time.
 * @throws JOB_PROTOCOL when there is no answer
 */
export function createHttp(baseUrl: string): Http {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS, scheduling: 'lifo' })
  return {
    send: (path, options = {}) => send(agent, `${baseUrl}${path}`, options),
    close: () => agent.destroy(),
  }
}

function send(agent: Agent, url: string, options: HttpRequest): Promise<HttpAnswer> {
  const { type, body } = payload(options)
  const method = options.method ?? 'GET'
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new ComfypinError(
          'JOB_PROTOCOL',
          { reason: `${method} ${new URL(url).pathname}: ${reasonOf(cause)}` },
          { cause },
        ),
      )
    const outgoing = request(url, {
      method,
      agent,
      headers: body === null ? {} : { 'content-type': type, 'content-length': body.length },
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    })
    outgoing.on('error', fail)
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', fail)
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    outgoing.end(body ?? undefined)
  })
}

function payload({ json, form }: HttpRequest): { type: string; body: Buffer | null } {
  if (form !== undefined) return form
  if (json === undefined) return { type: '', body: null }
  return { type: 'application/json', body: Buffer.from(JSON.stringify(json)) }
}
