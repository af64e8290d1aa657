import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { statIfExists } from '../platform/files.ts'
import { hashFile } from '../platform/hash-file.ts'
import type { LockModel } from '../spec/types.ts'
import { recordModel } from './place-model.ts'
import { targetOf } from './placement.ts'
import type { ModelRoots, Source } from './types.ts'

/**
 * Take a file that stands at the target already, when the spec's checksum or else the size at the
 * source says that it is the one; it is never overwritten.
 * @param sizeAtSource asked only when there is no checksum
 * @throws MODEL_FILE_FOREIGN
 */
export async function adoptModel(
  ctx: Ctx,
  roots: ModelRoots,
  model: LockModel,
  source: Source,
  sizeAtSource: () => Promise<number | null>,
): Promise<void> {
  const path = targetOf(roots, model)
  const size = statIfExists(path)?.size ?? 0
  const { checksum } = model
  const refuse = (reason: string) =>
    new ComfypinError('MODEL_FILE_FOREIGN', { path, source: source.text, reason })
  if (checksum === null) {
    const expected = await sizeAtSource()
    if (expected === null)
      throw refuse('the source does not say its size, and there is no checksum')
    if (expected !== size) throw refuse(`it has ${size} bytes, the source has ${expected}`)
    return recordModel(roots, source, { bytes: path }, { size, etag: null, sha256: null })
  }
  const actual = await hashFile(ctx, path, checksum.algorithm)
  if (actual !== checksum.hex.toLowerCase())
    throw refuse(`its ${checksum.algorithm} is ${actual}, not ${checksum.hex}`)
  const sha256 = checksum.algorithm === 'sha256' ? actual : null
  recordModel(roots, source, { bytes: path }, { size, etag: null, sha256 })
}
