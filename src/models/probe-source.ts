import type { IncomingHttpHeaders } from 'node:http'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { statIfExists } from '../platform/files.ts'
import { openUrl, type HttpAgents, type UrlAnswer } from '../platform/open-url.ts'
import {
  isRetryStatus,
  isTransient,
  retryAfterMs,
  TransientError,
  withRetry,
} from '../platform/retry.ts'
import { dispositionName } from './content-disposition.ts'
import type { RemoteSource, Source } from './types.ts'

/** What a server says about a file without sending it. */
export interface SourceFacts {
  /** Bytes; null when it does not say. */
  readonly size: number | null
  /** The name it gives the file; null when it gives none that is safe. */
  readonly fileName: string | null
}

/**
 * Ask for size and name of a source without fetching it (R17, R71): HEAD, then a GET of one byte
 * where HEAD is refused, as signed storage addresses do.
 * @throws SOURCE_FILE_MISSING, DOWNLOAD_HTTP, DOWNLOAD_FAILED, INTERRUPTED
 */
export async function probeSource(
  ctx: Ctx,
  source: Source,
  agents: HttpAgents,
): Promise<SourceFacts> {
  if (source.kind === 'file') {
    const stats = statIfExists(source.path)
    if (stats?.isFile() !== true)
      throw new ComfypinError('SOURCE_FILE_MISSING', { source: source.path })
    return { size: stats.size, fileName: source.fileName }
  }
  const inner: Ctx = { ...ctx, signal: AbortSignal.any([ctx.signal]) }
  const ask = () => askOnce(inner, source, agents)
  return withRetry(inner, ask, { onRetry: () => {} })
}

/** Bytes of a source, or null when its server does not say (R71). Throws as `probeSource`. */
export async function sizeOf(ctx: Ctx, source: Source, agents: HttpAgents): Promise<number | null> {
  return (await probeSource(ctx, source, agents)).size
}

async function askOnce(ctx: Ctx, source: RemoteSource, agents: HttpAgents): Promise<SourceFacts> {
  try {
    const head = await request(ctx, source, agents, 'HEAD')
    if (head.status === 200 && head.headers['content-length'] !== undefined)
      return factsOf(head.headers, head.headers['content-length'])
    return await askForOneByte(ctx, source, agents)
  } catch (error) {
    throw asFailure(ctx, source, error)
  }
}

async function askForOneByte(
  ctx: Ctx,
  source: RemoteSource,
  agents: HttpAgents,
): Promise<SourceFacts> {
  const { status, headers } = await request(ctx, source, agents, 'GET')
  if (status === 206) return factsOf(headers, /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1])
  if (status === 200) return factsOf(headers, headers['content-length'])
  const hint = source.hintFor(status)
  const refusal = new ComfypinError('DOWNLOAD_HTTP', { source: source.text, status, hint })
  if (!isRetryStatus(status)) throw refusal
  throw new TransientError(refusal, `status ${status}`, retryAfterMs(headers, ctx.clock.now()))
}

/** The body is not read: what is wanted is in the headers. */
async function request(
  ctx: Ctx,
  source: RemoteSource,
  agents: HttpAgents,
  method: 'HEAD' | 'GET',
): Promise<UrlAnswer> {
  const answer = await openUrl(ctx, {
    method,
    url: source.url,
    headers: method === 'GET' ? { range: 'bytes=0-0' } : {},
    ownHeaders: source.headers,
    agents,
    idleMs: ctx.settings.downloadStallMs,
  })
  if (method === 'GET') answer.body.discard()
  return answer
}

function factsOf(headers: IncomingHttpHeaders, size: string | undefined): SourceFacts {
  return {
    size: size === undefined ? null : Number(size),
    fileName: dispositionName(headers['content-disposition']),
  }
}

function asFailure(ctx: Ctx, { text: source }: RemoteSource, error: unknown): unknown {
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
