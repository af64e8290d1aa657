import { ComfypinError } from '../core/errors.ts'
import type { Digest } from '../platform/hash-file.ts'
import type { Part } from './part.ts'

/**
 * Compare what was received with what was expected (R60, R63).
 * @returns the digest, when a checksum was asked for
 * @throws DOWNLOAD_SIZE, DOWNLOAD_CHECKSUM naming both hashes
 */
export async function verifyPart(
  {
    source,
    expectedSize,
    checksum,
  }: { source: string; expectedSize: number | null; checksum: Digest | null },
  part: Part,
): Promise<string | null> {
  const { received } = part
  if (expectedSize !== null && received !== expectedSize)
    throw new ComfypinError('DOWNLOAD_SIZE', { source, received, expected: expectedSize })
  if (checksum === null) return null
  const { algorithm } = checksum
  const expected = checksum.hex.toLowerCase()
  const actual = (await part.digest()) ?? ''
  if (actual !== expected)
    throw new ComfypinError('DOWNLOAD_CHECKSUM', { source, algorithm, actual, expected })
  return actual
}
