import type { SecureContext } from 'node:tls'
import type { Ctx } from '../core/context.ts'
import { openConnection, type Connection } from './connection.ts'
import { createRateLimit, type RateLimit } from './rate-limit.ts'
import { readTrust } from './trust.ts'
import { asError } from './url-error.ts'

/** Big enough that a fast server costs few system calls. */
const READ_BYTES = 256 << 10
/** A host that refused is spared for so long when it does not say how long. */
const SPARE_MS = 30_000
/** Refusals of one moment are one refusal. */
const MOMENT_MS = 1000

/** A connection lent to one exchange at a time. */
export interface Lease {
  readonly connection: Connection
  /** It has carried an exchange before, so the server may have closed it already. */
  readonly isReused: boolean
  /** Give it back, open for others or closed. */
  release(): void
}

export interface LeaseOptions {
  signal: AbortSignal
  idleMs: number
  /** Wait for room; else null when there is none at once. */
  wait: boolean
  /** Never one that has been used. */
  fresh: boolean
}

/**
 * The connections of all downloads that belong together: one budget (`COMFYPIN_CONNECTIONS`), less
 * for hosts that ask for it, and open ones used again.
 */
export interface ConnectionPool {
  lease(ctx: Ctx, url: URL, options: LeaseOptions & { wait: true }): Promise<Lease>
  lease(ctx: Ctx, url: URL, options: LeaseOptions): Promise<Lease | null>
  /** The host said that it is asked too much: half as many connections for a while. */
  spare(url: URL, now: number, retryAfterMs: number): void
  /** Another file shares the budget until the returned function is called. */
  join(): () => void
  /** True when a file that has `held` connections should leave one to others. */
  isCrowded(ctx: Ctx, held: number): boolean
  readonly rate: RateLimit
  /** See `readTrust`; read once. */
  trust(ctx: Ctx): SecureContext | undefined
  destroy(): void
}

export function createConnectionPool(): ConnectionPool {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  const hosts = new Map<string, Host>()
  const waiting: Waiter[] = []
  const rate = createRateLimit()
  let total = 0
  let files = 0
  let known: { trust: SecureContext | undefined } | null = null
  const trust = (ctx: Ctx) => (known ??= { trust: readTrust(ctx.settings.env) }).trust

  const hostOf = (ctx: Ctx, url: URL): Host => {
    const host = hosts.get(url.origin) ?? newHost()
    hosts.set(url.origin, host)
    if (ctx.clock.now() > host.sparedUntil) host.limit = Number.POSITIVE_INFINITY
    return host
  }
  const hasRoom = (ctx: Ctx, host: Host) =>
    total < ctx.settings.downloadConnections && host.active < host.limit
  const occupy = (host: Host) => {
    total++
    host.active++
  }
  const vacate = (host: Host) => {
    total--
    host.active--
    const next = waiting.findIndex((one) => hasRoom(one.ctx, one.host))
    if (next === -1) return
    const [waiter] = waiting.splice(next, 1)
    if (waiter === undefined) return
    occupy(waiter.host)
    waiter.enter()
  }
  const room = (ctx: Ctx, host: Host, signal: AbortSignal) =>
    new Promise<void>((enter, reject) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(waiter), 1)
        reject(asError(signal.reason))
      }
      const waiter: Waiter = {
        ctx,
        host,
        enter: () => {
          signal.removeEventListener('abort', leave)
          enter()
        },
      }
      waiting.push(waiter)
      signal.addEventListener('abort', leave, { once: true })
    })
  const connect = async (ctx: Ctx, url: URL, host: Host, options: LeaseOptions): Promise<Lease> => {
    const used = options.fresh ? undefined : takeOpen(host)
    if (used !== undefined) return lend(host, used, true)
    const connection = await openConnection(url, {
      env: ctx.settings.env,
      signal: options.signal,
      idleMs: options.idleMs,
      trust: () => trust(ctx),
      session: host.session,
      buffer,
      onSession: (session) => (host.session = session),
      onClose: () => (host.idle = host.idle.filter((one) => one.isOpen())),
    })
    return lend(host, connection, false)
  }
  const lend = (host: Host, connection: Connection, isReused: boolean): Lease => ({
    connection,
    isReused,
    release() {
      if (connection.isOpen()) host.idle.push(connection)
      vacate(host)
    },
  })
  async function lease(ctx: Ctx, url: URL, options: LeaseOptions): Promise<Lease>
  async function lease(ctx: Ctx, url: URL, options: LeaseOptions): Promise<Lease | null> {
    options.signal.throwIfAborted()
    const host = hostOf(ctx, url)
    if (hasRoom(ctx, host) && (options.wait || waiting.length === 0)) occupy(host)
    else if (options.wait) await room(ctx, host, options.signal)
    else return null
    try {
      return await connect(ctx, url, host, options)
    } catch (error) {
      vacate(host)
      throw error
    }
  }
  return {
    lease,
    spare(url, now, retryAfterMs) {
      const host = hosts.get(url.origin) ?? newHost()
      hosts.set(url.origin, host)
      if (now - host.refusedAt < MOMENT_MS) return
      host.refusedAt = now
      host.limit = Math.max(1, Math.floor(host.active / 2))
      host.sparedUntil = now + Math.max(SPARE_MS, retryAfterMs)
      for (const one of host.idle.splice(0)) one.destroy() // it may count them too
    },
    join() {
      files++
      return () => void files--
    },
    isCrowded: (ctx, held) =>
      waiting.length > 0 &&
      held > Math.max(1, Math.floor(ctx.settings.downloadConnections / Math.max(files, 1))),
    rate,
    trust,
    destroy() {
      for (const host of hosts.values()) for (const one of host.idle.splice(0)) one.destroy()
    },
  }
}

interface Host {
  active: number
  limit: number
  refusedAt: number
  sparedUntil: number
  session: Buffer | undefined
  /** Open connections that nobody uses. */
  idle: Connection[]
}

interface Waiter {
  readonly ctx: Ctx
  readonly host: Host
  enter(): void
}

function newHost(): Host {
  return {
    active: 0,
    limit: Number.POSITIVE_INFINITY,
    refusedAt: Number.NEGATIVE_INFINITY,
    sparedUntil: Number.POSITIVE_INFINITY,
    session: undefined,
    idle: [],
  }
}

function takeOpen(host: Host): Connection | undefined {
  for (let one = host.idle.pop(); one !== undefined; one = host.idle.pop())
    if (one.isOpen()) return one
  return undefined
}
