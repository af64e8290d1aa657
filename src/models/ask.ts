import type { IncomingHttpHeaders } from 'node:http'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { openUrl, type HttpAgents } from '../platform/open-url.ts'
import {
  isRetryStatus,
  isTransient,
  retryAfterMs,
  TransientError,
  withRetry,
} from '../platform/retry.ts'
import type { AnswerBody } from '../platform/answer-body.ts'
import type { FileUrl } from './types.ts'

/** A listing of a thousand files with their hashes is a third of this. */
const MAX_BODY_BYTES = 4 << 20

/** Whom a question is about, and what a refusal means. */
export interface Subject {
  readonly text: string
  readonly describe: (status: number, code?: string) => string
}

/** A question that is answered by headers, or by a short text. */
export interface Question extends FileUrl {
  readonly method: 'HEAD' | 'GET'
  /** `body`: all of it; `first byte`: only the headers count, so as little as possible is sent. */
  readonly wants: 'headers' | 'first byte' | 'body'
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Empty unless the body was wanted. */
  readonly body: string
}

/**
 * Ask a server about a file; trouble on the way is tried again. A HEAD is answered as it is, because
 * some servers answer 5xx to every HEAD.
 * @throws DOWNLOAD_HTTP, DOWNLOAD_FAILED, INTERRUPTED
 */
export function ask(
  ctx: Ctx,
  subject: Subject,
  question: Question,
  agents: HttpAgents,
): Promise<Reply> {
  const inner: Ctx = { ...ctx, signal: AbortSignal.any([ctx.signal]) }
  const work = async () => {
    try {
      return await askOnce(inner, subject, question, agents)
    } catch (error) {
      throw asFailure(inner, subject, error)
    }
  }
  return withRetry(inner, work, { onRetry: () => {} })
}

/** The error for a status that refuses, with the hint of the source. */
export function refusal({ text: source, describe }: Subject, { status, headers }: Reply) {
  const code = headers['x-error-code']
  const hint = describe(status, typeof code === 'string' ? code : undefined)
  return new ComfypinError('DOWNLOAD_HTTP', { source, status, hint })
}

async function askOnce(
  ctx: Ctx,
  subject: Subject,
  { method, url, headers: ownHeaders, wants }: Question,
  agents: HttpAgents,
): Promise<Reply> {
  const { status, headers, body } = await openUrl(ctx, {
    method,
    url,
    headers: wants === 'first byte' ? { range: 'bytes=0-0' } : {},
    ownHeaders,
    agents,
    idleMs: ctx.settings.downloadStallMs,
  })
  if (method === 'GET' && isRetryStatus(status)) {
    body.discard()
    throw new TransientError(
      refusal(subject, { status, headers, body: '' }),
      `status ${status}`,
      retryAfterMs(headers, ctx.clock.now()),
    )
  }
  if (wants === 'body') return { status, headers, body: await readText(ctx, subject, body) }
  if (method === 'GET') body.discard()
  return { status, headers, body: '' }
}

async function readText(ctx: Ctx, { text: source }: Subject, body: AnswerBody): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const chunk of body.chunks(ctx.settings.downloadStallMs)) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) {
      body.discard()
      const reason = 'its answer is too long'
      throw new ComfypinError('DOWNLOAD_FAILED', { source, reason, received: '0 B' })
    }
    parts.push(chunk)
  }
  return Buffer.concat(parts).toString('utf8')
}

function asFailure(ctx: Ctx, { text: source }: Subject, error: unknown): unknown {
  if (error instanceof ComfypinError || error instanceof TransientError) return error
  if (ctx.signal.aborted) return new ComfypinError('INTERRUPTED', {})
  const reason = reasonOf(error)
  const outcome = new ComfypinError(
    'DOWNLOAD_FAILED',
    { source, reason, received: '0 B' },
    { cause: error },
  )
  return isTransient(error) ? new TransientError(outcome, reason) : outcome
}
