import { createHash } from 'node:crypto'
import { read } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { createCrc32c } from './crc32c.ts'

export type HashAlgorithm = 'sha256' | 'md5' | 'crc32c'

/** What somebody says that the bytes of a file hash to. */
export interface Digest {
  readonly algorithm: HashAlgorithm
  readonly hex: string
}

const BLOCK_BYTES = 1 << 20
const readAt = promisify(read)

/** Hex digest of a file. */
export async function hashFile(ctx: Ctx, path: string, algorithm: HashAlgorithm): Promise<string> {
  const file = await open(path, 'r')
  try {
    return await hashOpenFile(ctx, file.fd, algorithm, Number.POSITIVE_INFINITY)
  } finally {
    await file.close()
  }
}

/**
 * Hex digest of the first `size` bytes of an open file, or of all of it when it is shorter.
 * @throws INTERRUPTED
 */
export async function hashOpenFile(
  ctx: Ctx,
  fd: number,
  algorithm: HashAlgorithm,
  size: number,
): Promise<string> {
  const hash = algorithm === 'crc32c' ? createCrc32c() : createHash(algorithm)
  const block = Buffer.allocUnsafe(Math.max(1, Math.min(BLOCK_BYTES, size)))
  for (let at = 0; at < size;) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
    const { bytesRead } = await readAt(fd, block, 0, Math.min(block.length, size - at), at)
    if (bytesRead === 0) break
    hash.update(block.subarray(0, bytesRead))
    at += bytesRead
  }
  return hash.digest('hex')
}
