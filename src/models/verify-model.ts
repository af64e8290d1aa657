import type { Ctx } from '../core/context.ts'
import { statIfExists } from '../platform/files.ts'
import { hashFile } from '../platform/hash-file.ts'
import type { LockModel } from '../spec/types.ts'
import { placementOf } from './placement.ts'
import { readIndex } from './store.ts'
import type { ModelRoots, Source } from './types.ts'

/**
 * Compare a present model with what is known about it: its recorded size, and the lock's checksum
 * when there is one (R99). Reads the whole file for a checksum.
 */
export async function verifyModel(
  ctx: Ctx,
  roots: ModelRoots,
  model: LockModel,
  source: Source,
): Promise<'ok' | 'missing' | 'size' | 'checksum'> {
  const index = readIndex(roots.modelsDir)
  const { kind, bytes } = placementOf(roots, model, source, index)
  if (kind !== 'present') return 'missing'
  if (statIfExists(bytes)?.size !== index.recordOf(source.key)?.size) return 'size'
  if (model.checksum === null) return 'ok'
  const actual = await hashFile(ctx, bytes, model.checksum.algorithm)
  return actual === model.checksum.hex ? 'ok' : 'checksum'
}
