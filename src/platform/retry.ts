import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'

const MAX_RETRIES = 5
const MAX_WAIT_MS = 30_000
/** A server that asks for more patience than this is told no. */
const MAX_RETRY_AFTER_MS = 300_000

/** Failures of a connection that may be gone the next time. */
const TRANSIENT_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ECLOSED',
  'EANSWER',
])

/** A failure that another try may mend; `outcome` is what is thrown when no try is left. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
  readonly outcome: ComfypinError
  readonly retryAfterMs: number

  constructor(outcome: ComfypinError, reason: string, waitMs = 0) {
    super(reason, { cause: outcome })
    this.outcome = outcome
    this.retryAfterMs = waitMs
  }
}

export interface RetryHooks {
  /** True when the failed try got further than any before it: the count of tries starts again. */
  gainedGround?: () => boolean
  onRetry: (retry: { attempt: number; reason: string; waitMs: number }) => void
}

/**
 * Run `work` until it succeeds, at most six times in a row without progress, with growing pauses
 * (`COMFYPIN_RETRY_DELAY`, doubled each time, with jitter; never less than the server asked for).
 * Only a TransientError is tried again.
 */
export async function withRetry<T>(
  ctx: Ctx,
  work: () => Promise<T>,
  hooks: RetryHooks,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TransientError)) throw error
      if (hooks.gainedGround?.() === true) attempt = 1
      if (attempt > MAX_RETRIES || error.retryAfterMs > MAX_RETRY_AFTER_MS) throw error.outcome
      const waitMs = Math.max(backoffMs(ctx.settings.downloadRetryMs, attempt), error.retryAfterMs)
      hooks.onRetry({ attempt, reason: reasonOf(error), waitMs })
      await pause(ctx, waitMs)
    }
  }
}

export function isTransient(error: unknown): boolean {
  const code = systemCode(error)
  return code !== null && (TRANSIENT_CODES.has(code) || code.startsWith('HPE_'))
}

/** Statuses after which the same request may succeed. */
export function isRetryStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

/** `Retry-After` in milliseconds, from seconds or a date; 0 when there is none. */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number): number {
  const value = headers['retry-after']
  if (value === undefined) return 0
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? 0 : Math.max(0, date - now)
}

function backoffMs(baseMs: number, attempt: number): number {
  const full = Math.min(baseMs * 2 ** (attempt - 1), MAX_WAIT_MS)
  return Math.round(full * (0.5 + Math.random() / 2))
}

async function pause(ctx: Ctx, ms: number): Promise<void> {
  try {
    await delay(ms, undefined, { signal: ctx.signal })
  } catch (error) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
    throw error
  }
}
