import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { withLockFile } from '../platform/lock-file.ts'
import type { LockModel } from '../spec/types.ts'
import { targetOf } from './placement.ts'
import { placeKey } from './record-name.ts'
import { locksDir } from './store-layout.ts'
import type { ModelRoots, Source } from './types.ts'

/**
 * Hold a source and its target while `work` looks them up and brings the bytes: a second process
 * waits and then finds them (R52). Always the source first, so that nobody waits in a circle.
 * @throws DISK_WRITE, INTERRUPTED
 */
export function withModelLock<T>(
  ctx: Ctx,
  roots: ModelRoots,
  model: LockModel,
  source: Source,
  work: () => Promise<T>,
): Promise<T> {
  const lockOf = (name: string) => join(locksDir(roots.modelsDir), `${name}.lock`)
  const target = placeKey(targetOf(roots, model))
  return withLockFile(ctx, lockOf(`source-${source.key.slice(0, 32)}`), () =>
    withLockFile(ctx, lockOf(`target-${target}`), work),
  )
}
