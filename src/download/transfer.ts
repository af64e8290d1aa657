import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { createHttpAgents, destroyAgents } from '../platform/open-url.ts'
import { withRetry } from '../platform/retry.ts'
import { openPart, type Part } from './part.ts'
import { createProgress, type Progress } from './progress.ts'
import { receive } from './receive.ts'
import type { TransferRequest, TransferResult } from './types.ts'
import { verifyPart } from './verify-part.ts'

/** Getting this much further than ever before proves that trying again is worth it. */
const GROUND_BYTES = 1 << 20

/**
 * Download a file: resumed, checked, and renamed into place when it is whole. An interrupted or
 * failed transfer leaves `<target>.part`, which the next call continues when the server still has
 * the same file. A file at `target` is replaced. The caller holds the lock of `target`.
 * @throws DOWNLOAD_HTTP, DOWNLOAD_FAILED, DOWNLOAD_SIZE, DOWNLOAD_CHECKSUM, DISK_FULL, DISK_WRITE,
 *   INTERRUPTED
 */
export async function transfer(ctx: Ctx, request: TransferRequest): Promise<TransferResult> {
  // A signal of its own: many transfers at once are too many listeners for the shared one.
  const inner: Ctx = { ...ctx, signal: AbortSignal.any([ctx.signal]) }
  const { checksum, target } = request
  const part = await openPart(inner, target, redact(request.url), checksum?.algorithm ?? null)
  try {
    const progress = createProgress(inner, request.id, target)
    if (!part.isWhole()) await receiveAll(inner, request, part, progress)
    const digest = verifyPart(request, part)
    const etag = part.journal?.etag ?? null
    await part.finish()
    progress.end(part.received)
    const sha256 = checksum?.algorithm === 'sha256' ? digest : null
    return { size: part.received, received: part.written, etag, sha256 }
  } catch (error) {
    const isRejected = hasCode(error, 'DOWNLOAD_CHECKSUM', 'DOWNLOAD_SIZE')
    if (isRejected || !part.isResumable()) part.discard()
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
): Promise<void> {
  const agents = request.agents ?? createHttpAgents()
  let furthest = part.received
  try {
    await withRetry(ctx, () => receive(ctx, { ...request, agents }, part, progress), {
      gainedGround: () => {
        const gained = part.received - furthest >= GROUND_BYTES
        furthest = Math.max(furthest, part.received)
        return gained
      },
      onRetry: (retry) => ctx.emit({ type: 'download.retry', id: request.id, ...retry }),
    })
  } finally {
    if (request.agents === null) destroyAgents(agents)
  }
}
