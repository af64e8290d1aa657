import { constants, mkdirSync, type Stats } from 'node:fs'
import { copyFile, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { BLOCK_BYTES } from '../platform/block-pool.ts'
import { asDiskWrite, statIfExists } from '../platform/files.ts'
import { openPart, type Part } from './part.ts'
import { createProgress, type Progress } from './progress.ts'
import { requireSpace } from './require-space.ts'
import type { CopyRequest, TransferResult } from './types.ts'
import { verifyPart } from './verify-part.ts'

/** Reads that wait at the same time, as many as Node has threads for them. */
const LANES = 4

/**
 * Copy a file of this machine into place, through `<target>.part`. Blocks are shared where the
 * filesystem can (a clone, untouched by later changes of the source); a hard link would not be
 * safe, because the user may change the file in place. The caller holds the lock of `target`.
 * @throws SOURCE_FILE_MISSING, DOWNLOAD_FAILED, DOWNLOAD_CHECKSUM, DISK_FULL, DISK_WRITE,
 *   INTERRUPTED
 */
export async function copyLocal(ctx: Ctx, request: CopyRequest): Promise<TransferResult> {
  const { from, target, checksum } = request
  const before = requireFile(from)
  asDiskWrite(target, () => mkdirSync(dirname(target), { recursive: true }))
  const isCloned = await tryClone(from, `${target}.part`)
  const part = openPart(ctx, {
    target,
    url: from,
    blocks: null,
    algorithm: checksum?.algorithm ?? null,
  })
  try {
    const progress = createProgress(ctx, request.id, target)
    const identity = { url: from, size: before.size, etag: null, lastModified: null }
    if (isCloned) part.complete(identity)
    else {
      requireSpace(ctx, dirname(target), before.size)
      part.begin(identity)
      await copyBlocks(ctx, from, part, progress)
    }
    requireUnchanged(from, before)
    const digest = await verifyPart({ source: from, expectedSize: before.size, checksum }, part)
    await part.land()
    progress.end(part.received)
    request.onLanded?.()
    await part.settle()
    const sha256 = checksum?.algorithm === 'sha256' ? digest : null
    return { size: part.received, received: part.written, etag: null, sha256 }
  } catch (error) {
    part.discard()
    throw error
  } finally {
    await part.close()
  }
}

/**
 * Tried before the part is opened: on failure the system removes the destination. Most filesystems
 * cannot; anything else that is in the way meets the plain copy too, which says what it is.
 */
async function tryClone(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch (error) {
    if (systemCode(error) !== null) return false
    throw error
  }
}

/** Some lanes read one block each, wherever the next one is; whoever has one writes it at its place. */
async function copyBlocks(ctx: Ctx, from: string, part: Part, progress: Progress): Promise<void> {
  const { size } = part.plan
  const file = await readable(from, open(from, 'r'))
  const count = Math.min(LANES, Math.ceil(size / BLOCK_BYTES))
  const stop = new AbortController()
  const inner: Ctx = { ...ctx, signal: AbortSignal.any([ctx.signal, stop.signal]) }
  const lanes = Array.from({ length: count }, () => copyLane(inner, from, file, part, progress))
  try {
    await Promise.all(lanes)
  } finally {
    stop.abort()
    await Promise.allSettled(lanes)
    await file.close()
  }
}

async function copyLane(
  ctx: Ctx,
  from: string,
  file: FileHandle,
  part: Part,
  progress: Progress,
): Promise<void> {
  const { plan } = part
  const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, plan.size))
  while (plan.unclaimed() > 0) {
    const segment = plan.claim(BLOCK_BYTES, Number.POSITIVE_INFINITY)
    if (segment === null) return
    while (segment.at < segment.to) {
      if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
      progress.at(plan.received(), plan.size)
      const reading = file.read(block, 0, segment.to - segment.at, segment.at)
      const { bytesRead } = await readable(from, reading)
      if (bytesRead === 0) return
      part.write(segment, block.subarray(0, bytesRead))
      part.tend()
    }
    plan.release(segment)
  }
}

async function readable<T>(from: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw unreadable(from, error)
  }
}

function requireFile(path: string): Stats {
  const stats = statIfExists(path)
  if (stats === null || !stats.isFile())
    throw new ComfypinError('SOURCE_FILE_MISSING', { source: path })
  return stats
}

function requireUnchanged(path: string, before: Stats): void {
  const now = requireFile(path)
  if (now.size === before.size && now.mtimeMs === before.mtimeMs) return
  throw unreadable(path, new Error('the file changed while it was copied'))
}

function unreadable(source: string, error: unknown): ComfypinError {
  return new ComfypinError(
    'DOWNLOAD_FAILED',
    { source, reason: reasonOf(error), received: '0 B' },
    { cause: error },
  )
}
