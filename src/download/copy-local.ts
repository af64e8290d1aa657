import { constants, mkdirSync, type Stats } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { asDiskWrite, statIfExists } from '../platform/files.ts'
import { openPart, type Part } from './part.ts'
import { createProgress, type Progress } from './progress.ts'
import { requireSpace } from './require-space.ts'
import type { CopyRequest, TransferResult } from './types.ts'
import { verifyPart } from './verify-part.ts'

/** Network volumes want big blocks (perf.md). */
const BLOCK_BYTES = 4 << 20

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
  const part = await openPart(ctx, target, from, checksum?.algorithm ?? null)
  try {
    const progress = createProgress(ctx, request.id, target)
    if (isCloned) await part.trust(ctx, before.size)
    else await copyBlocks(ctx, from, part, progress, before.size)
    requireUnchanged(from, before)
    const digest = verifyPart({ source: from, expectedSize: before.size, checksum }, part)
    await part.finish()
    progress.end(part.received)
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

async function copyBlocks(
  ctx: Ctx,
  from: string,
  part: Part,
  progress: Progress,
  size: number,
): Promise<void> {
  requireSpace(ctx, dirname(part.path), size)
  await part.restart({ url: from, size, etag: null, lastModified: null })
  const block = Buffer.allocUnsafe(Math.max(1, Math.min(BLOCK_BYTES, size)))
  const file = await readable(from, open(from, 'r'))
  try {
    while (part.received < size) {
      if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
      progress.at(part.received, size)
      const { bytesRead } = await readable(from, file.read(block, 0, block.length, part.received))
      if (bytesRead === 0) return
      await part.append(block.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
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
