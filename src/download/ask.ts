import type { Ctx } from '../core/context.ts'
import { systemCode } from '../core/errors.ts'
import type { AnswerHead, BodySink } from '../platform/answer-reader.ts'
import type { ConnectionPool } from '../platform/connection-pool.ts'
import type { AnswerEnd, Connection } from '../platform/connection.ts'
import { createHops, redirectTarget } from '../platform/redirect.ts'
import { asError } from '../platform/url-error.ts'
import type { Addresses, Asked } from './addresses.ts'

/** The body of a redirect or a refusal is read when it is this small: its connection lives on. */
const DRAIN_BYTES = 65_536

export interface Ask {
  readonly pool: ConnectionPool
  readonly addresses: Addresses
  /** Sent to every host of a redirect chain. */
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Wait for a free connection; else `busy` when there is none. */
  readonly wait: boolean
}

/** Where the body of the file's answer goes. Called once, for the answer after redirects. */
export type Accept = (head: AnswerHead, url: URL, connection: Connection) => BodySink

/**
 * Ask for a file or a range of it: through redirects, at another address when this one has expired,
 * on a new connection when a used one turns out to be closed.
 * @throws what `Connection.get` and `accept` throw
 */
export async function ask(ctx: Ctx, how: Ask, accept: Accept): Promise<AnswerEnd | 'busy'> {
  while (true) {
    const asked = await how.addresses.current()
    const end = await follow(ctx, how, asked, accept).finally(() => how.addresses.over(asked))
    if (end !== 'expired') return end
    await how.addresses.renew(asked)
  }
}

async function follow(
  ctx: Ctx,
  how: Ask,
  asked: Asked,
  accept: Accept,
): Promise<AnswerEnd | 'busy' | 'expired'> {
  const hops = createHops()
  for (let at = asked.url; ;) {
    hops.add(at)
    const found = { next: null as URL | null, isExpired: false }
    const end = await exchange(ctx, how, at, (head, connection) => {
      found.next = redirectTarget(head.status, head.headers.location, at)
      found.isExpired = how.addresses.isExpired(asked, head.status)
      if (found.next !== null || found.isExpired) return drain()
      if (head.status < 300) how.addresses.worked(asked, at)
      return accept(head, at, connection)
    })
    if (found.isExpired) return 'expired'
    if (found.next === null || end === 'busy') return end
    at = found.next
  }
}

/** A server may close a connection at the moment in which it is used again. */
const CLOSED_MEANWHILE = ['ECONNRESET', 'EPIPE', 'ECLOSED']

async function exchange(
  ctx: Ctx,
  { pool, addresses, headers, signal, wait }: Ask,
  url: URL,
  onHead: (head: AnswerHead, connection: Connection) => BodySink,
): Promise<AnswerEnd | 'busy'> {
  const idleMs = ctx.settings.downloadStallMs
  const all = { ...headers, ...addresses.headersFor(url) }
  for (let fresh = false; ; fresh = true) {
    const lease = await pool.lease(ctx, url, { signal, idleMs, wait, fresh })
    if (lease === null) return 'busy'
    const { connection } = lease
    const cancel = () => connection.destroy(asError(signal.reason))
    signal.addEventListener('abort', cancel, { once: true })
    let isAnswered = false
    try {
      const take = (head: AnswerHead) => {
        isAnswered = true
        return onHead(head, connection)
      }
      return await connection.get(url, all, take, idleMs)
    } catch (error) {
      const isStale = lease.isReused && !isAnswered && !signal.aborted
      if (!isStale || !CLOSED_MEANWHILE.includes(systemCode(error) ?? '')) throw error
    } finally {
      signal.removeEventListener('abort', cancel)
      lease.release()
    }
  }
}

function drain(): BodySink {
  let left = DRAIN_BYTES
  return (chunk) => {
    left -= chunk.length
    return left > 0
  }
}
