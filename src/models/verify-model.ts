import type { Ctx } from '../core/context.ts'
import { statIfExists } from '../platform/files.ts'
import { hashFile } from '../platform/hash-file.ts'
import type { Checksum, LockModel } from '../spec/types.ts'
import { placementOf } from './placement.ts'
import { readIndex } from './store.ts'
import type { ModelRoots, Source } from './types.ts'

export interface ModelVerdict {
  readonly state: 'ok' | 'missing' | 'size' | 'checksum'
  /** What was compared last. */
  readonly by: 'size' | Checksum['algorithm'] | null
}

/**
 * Compare a present model with what is known about it (R99): its recorded size, then the checksum of
 * the lock, else the one that was verified when it came.
 * @param options.hash also read the whole file
 * @param options.inStore for a model of a home its bytes count, not the link to them
 * @throws MODEL_TARGET_TAKEN, MODEL_FILE_FOREIGN, INTERRUPTED
 */
export async function verifyModel(
  ctx: Ctx,
  roots: ModelRoots,
  model: LockModel,
  source: Source,
  options: { hash: boolean; inStore: boolean },
): Promise<ModelVerdict> {
  const index = readIndex(roots.modelsDir)
  const { kind, bytes } = placementOf(roots, model, source, index)
  const isHere = kind === 'present' || (kind === 'link' && options.inStore && model.root === 'home')
  if (!isHere) return { state: 'missing', by: null }
  const record = index.recordOf(source.key)
  if (statIfExists(bytes)?.size !== record?.size) return { state: 'size', by: 'size' }
  const checksum = model.checksum ?? sha256Of(record?.sha256 ?? null)
  if (checksum === null || !options.hash) return { state: 'ok', by: 'size' }
  const actual = await hashFile(ctx, bytes, checksum.algorithm)
  const isSame = actual === checksum.hex.toLowerCase()
  return { state: isSame ? 'ok' : 'checksum', by: checksum.algorithm }
}

function sha256Of(hex: string | null): Checksum | null {
  return hex === null ? null : { algorithm: 'sha256', hex }
}
