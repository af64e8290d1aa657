import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { createHttpAgents, destroyAgents, type HttpAgents } from '../platform/open-url.ts'
import { withRetry } from '../platform/retry.ts'
import { createAddresses } from './addresses.ts'
import { asFailure } from './failure.ts'
import type { Job } from './fetch-segment.ts'
import { openPart, type Part } from './part.ts'
import { createProgress, type Progress } from './progress.ts'
import { createPulse } from './pulse.ts'
import { runRound } from './round.ts'
import { TUNING, type Tuning } from './tuning.ts'
import type { TransferRequest, TransferResult } from './types.ts'
import { verifyPart } from './verify-part.ts'

/**
 * Download a file over as many connections as help: resumed, checked, and renamed into place when it
 * is whole. An interrupted or failed transfer leaves `<target>.part`, which the next call continues
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
  const part = openPart(inner, target, redact(request.url), checksum?.algorithm ?? null, tuning)
  try {
    const progress = createProgress(inner, request.id, target)
    if (!part.isWhole()) await receiveAll(inner, request, part, progress, tuning)
    const digest = await verifyPart(request, part)
    const etag = part.identity?.etag ?? null
    await part.finish()
    progress.end(part.received)
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

async function receiveAll(
  ctx: Ctx,
  request: TransferRequest,
  part: Part,
  progress: Progress,
  tuning: Tuning,
): Promise<void> {
  const agents = request.agents ?? createHttpAgents()
  const leave = agents.connections.join()
  try {
    await tryUntilWhole(ctx, createJob(ctx, request, part, progress, agents, tuning))
  } finally {
    leave()
    if (request.agents === null) destroyAgents(agents)
  }
}

async function tryUntilWhole(ctx: Ctx, job: Job): Promise<void> {
  const { part, request, tuning } = job
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
function createJob(
  ctx: Ctx,
  request: TransferRequest,
  part: Part,
  progress: Progress,
  { connections: pool }: HttpAgents,
  tuning: Tuning,
): Job {
  const pulse = createPulse(ctx.clock.now(), tuning)
  const common = {
    ctx,
    request,
    part,
    progress,
    pool,
    pulse,
    tuning,
    ranges: 'maybe',
    piece: () => 0,
  } as const
  try {
    return { ...common, addresses: createAddresses(request) }
  } catch (error) {
    throw asFailure(request, part, error)
  }
}
