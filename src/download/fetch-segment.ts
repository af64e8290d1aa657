import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import type { AnswerHead, BodySink } from '../platform/answer-reader.ts'
import type { ConnectionPool } from '../platform/connection-pool.ts'
import type { Connection } from '../platform/connection.ts'
import { retryAfterMs, TransientError } from '../platform/retry.ts'
import type { Addresses } from './addresses.ts'
import { ask } from './ask.ts'
import { wrongSize } from './failure.ts'
import { validatorOf, type Identity } from './journal.ts'
import { changed, isSameFile, judgeAnswer, type Verdict } from './judge-answer.ts'
import type { Part } from './part.ts'
import type { Segment } from './plan-ranges.ts'
import type { Progress } from './progress.ts'
import type { Beat, Pulse } from './pulse.ts'
import { requireSpace } from './require-space.ts'
import type { Tuning } from './tuning.ts'
import type { TransferRequest } from './types.ts'

/** Everything about the transfer of one file. */
export interface Job {
  readonly ctx: Ctx
  readonly request: TransferRequest
  readonly pool: ConnectionPool
  readonly part: Part
  readonly progress: Progress
  readonly addresses: Addresses
  readonly pulse: Pulse
  readonly tuning: Tuning
  /** Whether the server sends ranges: what it says, until it has sent one or refused to. */
  ranges: 'no' | 'maybe' | 'yes' | 'proven'
  /** How much a connection should take on at a time. */
  piece: () => number
}

/** One of the connections that fetch a file. */
export interface Worker {
  segment: Segment | null
  beat: Beat
  abort: AbortController
  /** No other connection works on the file. */
  readonly isAlone: () => boolean
  /** The part begins anew with the whole file coming: claims what this worker takes of it. */
  readonly begin: () => void
  /** The server has sent a range: others can help. */
  readonly proved: () => void
}

/** True when several connections, or another run, can go on with what is here. */
export function canRange({ ranges, part, request }: Job): boolean {
  const { identity } = part
  if (ranges === 'no' || identity === null || identity.size === null) return false
  return validatorOf(identity) !== null || request.checksum !== null
}

/**
 * Fetch the worker's segment, or without one the whole file, into the part.
 * @returns `busy` when there was no connection to have
 * @throws TransientError, ChangedFile, ComfypinError, what node:net throws
 */
export async function fetchSegment(job: Job, worker: Worker): Promise<'busy' | 'fetched'> {
  const { ctx, pool, addresses } = job
  const { segment } = worker
  const signal = worker.abort.signal
  const headers = segment === null ? {} : rangeHeaders(job, segment)
  const how = { pool, addresses, signal, headers, wait: worker.isAlone() }
  const end = await ask(ctx, how, (head, url, connection) =>
    accept(job, worker, head, url, connection),
  )
  if (end === 'busy') return 'busy'
  if (job.part.identity?.size === null) job.part.end()
  else if (worker.beat.received === 0 && !job.part.isWhole())
    throw new TransientError(
      wrongSize(job.request, job.part.received, job.part.identity?.size ?? 0),
      'the server sent nothing',
    )
  return 'fetched'
}

function rangeHeaders({ part }: Job, { at, to }: Segment): Record<string, string> {
  const validator = part.identity === null ? null : validatorOf(part.identity)
  const last = to === part.plan.size ? '' : to - 1
  return {
    range: `bytes=${at}-${last}`,
    ...(validator === null ? {} : { 'if-range': validator }),
  }
}

function accept(
  job: Job,
  worker: Worker,
  head: AnswerHead,
  url: URL,
  connection: Connection,
): BodySink {
  const { ctx, pool, part, request, progress, pulse } = job
  const now = ctx.clock.now()
  if (head.status === 429 || head.status === 503)
    pool.spare(url, now, retryAfterMs(head.headers, now))
  const from = worker.segment?.at ?? null
  const verdict = judgeAnswer(head, request, { from, identity: part.identity }, now)
  if (worker.beat.answeredAt === null) pulse.answered(now - worker.beat.startedAt)
  worker.beat.answeredAt = now
  worker.beat.lastByteAt = now
  if (verdict.kind === 'whole') takeWhole(job, worker, verdict)
  else if (job.ranges !== 'proven') worker.proved()
  const { size } = part.identity ?? { size: null }
  progress.at(part.received, size)
  const end = verdict.kind === 'part' ? verdict.end : (size ?? Number.POSITIVE_INFINITY)
  const take = createSink(job, worker, end)
  return (chunk) => {
    const restMs = pool.rate.take(chunk.length, ctx.settings.downloadLimit, ctx.clock.now())
    if (restMs > 0) connection.pause(restMs)
    return take(chunk)
  }
}

/** The body is the whole file: of a first answer, or because the server does not send the range. */
function takeWhole(job: Job, worker: Worker, verdict: Extract<Verdict, { kind: 'whole' }>): void {
  const { ctx, request, part } = job
  if (worker.segment !== null) requireUseful(job, worker, verdict.identity)
  requireSpace(ctx, dirname(request.target), verdict.identity.size ?? 0)
  part.begin(verdict.identity)
  job.ranges = worker.segment === null ? verdict.ranges : 'no'
  worker.begin()
}

/** A whole file instead of a range is taken when nothing is lost by it. */
function requireUseful({ request, part, ranges }: Job, worker: Worker, identity: Identity): void {
  const before = part.identity
  if (before !== null && !isSameFile(before, identity)) {
    if (!worker.isAlone()) throw changed(request, before, identity.size)
  } else if (ranges === 'proven' || !worker.isAlone())
    throw new IgnoredRange(
      wrongSize(request, part.received, before?.size ?? 0),
      'the server sent the whole file instead of a range',
    )
}

/** The server has sent everything though a range was asked for. */
export class IgnoredRange extends TransientError {}

/** Writes what belongs to the worker's segment, and goes on behind it while that is nobody's. */
function createSink(job: Job, worker: Worker, end: number): BodySink {
  const { ctx, request, part, pulse } = job
  const { segment, beat } = worker
  const { plan } = part
  return (chunk) => {
    const now = ctx.clock.now()
    pulse.beat(now, beat.lastByteAt)
    beat.lastByteAt = now
    beat.received += chunk.length
    if (segment === null) return false // an empty file
    for (let rest = chunk; ;) {
      const before = segment.at
      part.write(segment, rest)
      requireLimit(request, part)
      rest = rest.subarray(segment.at - before)
      if (segment.at < segment.to) return true
      if (segment.at >= end) return rest.length === 0
      if (!plan.extend(segment, Math.min(end, segment.to + job.piece()))) return false
    }
  }
}

/** Only a body without a size can grow past the one that is expected. */
function requireLimit(request: TransferRequest, part: Part): void {
  const { expectedSize } = request
  if (part.identity?.size === null && expectedSize !== null && part.received > expectedSize)
    throw wrongSize(request, part.received, expectedSize)
}
