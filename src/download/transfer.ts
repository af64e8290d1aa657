import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import type { ConnectionPool } from '../platform/connection-pool.ts'
import { createHttpAgents, destroyAgents } from '../platform/open-url.ts'
import { withRetry } from '../platform/retry.ts'
import { createAddresses } from './addresses.ts'
import { asFailure } from './failure.ts'
import type { Job } from './fetch-segment.ts'
import { openPart } from './part.ts'
import { createProgress } from './progress.ts'
import { createPulse } from './pulse.ts'
import { runRound } from './round.ts'
import { TUNING, type Tuning } from './tuning.ts'
import type { TransferRequest, TransferResult } from './types.ts'
import { verifyPart } from './verify-part.ts'

/**
 * Download a file over as many connections as help: resumed, checked, renamed into place when it is
 * whole, and durable. An interrupted or failed transfer leaves `<target>.part`, which the next call continues
 * when the server still has the same file. A file at `target` is replaced. The caller holds the lock
 * of `target`.
 * @throws DOWNLOAD_HTTP, DOWNLOAD_FAILED, DOWNLOAD_SIZE, DOWNLOAD_CHECKSUM, DISK_FULL, DISK_WRITE,
 *   INTERRUPTED
 */
export async function transfer(
  ctx: Ctx,
  request: TransferRequest,
  tuning: Tuning = TUNING,
): Promise<TransferResult> {
  // A signal of its own: many transfers at once are too many listeners for the shared one.
  const inner: Ctx = { ...ctx, signal: AbortSignal.any([ctx.signal]) }
  const { checksum, target } = request
  const part = openPart(inner, {
    target,
    tuning,
    url: redact(request.url),
    algorithm: checksum?.algorithm ?? null,
    blocks: request.agents?.blocks ?? null,
  })
  try {
    const progress = createProgress(inner, request.id, target)
    if (!part.isWhole()) await receiveAll({ ctx: inner, request, part, progress, tuning })
    const digest = await verifyPart(request, part)
    const etag = part.identity?.etag ?? null
    await part.land()
    progress.end(part.received)
    request.onLanded?.()
    await part.settle()
    const sha256 = checksum?.algorithm === 'sha256' ? digest : null
    return { size: part.received, received: part.written, etag, sha256 }
  } catch (error) {
    if (hasCode(error, 'DOWNLOAD_CHECKSUM', 'DOWNLOAD_SIZE')) part.discard()
    else part.keep()
    throw inner.signal.aborted ? new ComfypinError('INTERRUPTED', {}, { cause: error }) : error
  } finally {
    await part.close()
  }
}

/** What a transfer is about, before it is known how its bytes come. */
type Work = Pick<Job, 'ctx' | 'request' | 'part' | 'progress' | 'tuning'>

async function receiveAll(work: Work): Promise<void> {
  const { request } = work
  const agents = request.agents ?? createHttpAgents()
  const leave = agents.connections.join()
  try {
    await tryUntilWhole(createJob(work, agents.connections))
  } finally {
    leave()
    if (request.agents === null) destroyAgents(agents)
  }
}

async function tryUntilWhole(job: Job): Promise<void> {
  const { ctx, part, request, tuning } = job
  let furthest = part.received
  await withRetry(ctx, () => runRound(job), {
    gainedGround: () => {
      const gained = part.received - furthest >= tuning.groundBytes
      furthest = Math.max(furthest, part.received)
      return gained
    },
    onRetry: (retry) => ctx.emit({ type: 'download.retry', id: request.id, ...retry }),
  })
}

/** @throws DOWNLOAD_FAILED when the address is none */
function createJob(work: Work, pool: ConnectionPool): Job {
  const { ctx, request, part, tuning } = work
  const pulse = createPulse(ctx.clock.now(), tuning)
  try {
    const addresses = createAddresses(request)
    return { ...work, pool, pulse, addresses, ranges: 'maybe', piece: () => 0 }
  } catch (error) {
    throw asFailure(request, part, error)
  }
}
