import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'

const BLOCK_BYTES = 1 << 20

/** Hex digest of a file. */
export async function hashFile(
  ctx: Ctx,
  path: string,
  algorithm: 'sha256' | 'md5',
): Promise<string> {
  return (await hashStart(ctx, path, algorithm, Number.POSITIVE_INFINITY)).digest('hex')
}

/**
 * A hash that has seen the first `length` bytes of a file and can be fed on.
 * @throws INTERRUPTED
 */
export async function hashStart(
  ctx: Ctx,
  path: string,
  algorithm: 'sha256' | 'md5',
  length: number,
): Promise<Hash> {
  const hash = createHash(algorithm)
  const block = Buffer.allocUnsafe(BLOCK_BYTES)
  const file = await open(path, 'r')
  try {
    for (let at = 0; at < length;) {
      if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
      const { bytesRead } = await file.read(block, 0, Math.min(block.length, length - at), at)
      if (bytesRead === 0) break
      hash.update(block.subarray(0, bytesRead))
      at += bytesRead
    }
    return hash
  } finally {
    await file.close()
  }
}
