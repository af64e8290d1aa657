import { mkdirSync, realpathSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { asDiskWrite, linkAtomic, statIfExists } from '../platform/files.ts'
import { isWithin } from '../platform/paths.ts'
import type { LockModel } from '../spec/types.ts'
import { storePath, type Placement } from './placement.ts'
import { writeRecord } from './store.ts'
import type { ModelRoots, Source } from './types.ts'

/** Write down that the bytes of a source have arrived. The last thing after a transfer or copy. */
export function recordModel(
  { modelsDir }: ModelRoots,
  source: Source,
  { bytes }: Pick<Placement, 'bytes'>,
  facts: { size: number; etag: string | null; sha256: string | null },
): void {
  const { size, etag, sha256 } = facts
  const path = storePath(modelsDir, bytes)
  writeRecord(modelsDir, { source: source.canonical, path, size, etag, sha256 })
}

/**
 * Make the target lead to the bytes; nothing to do when it is them. Links are relative: a volume may
 * be mounted elsewhere the next time. A home's link never goes through a link into a shared checkout
 * (R51).
 * @throws PATH_UNSAFE, DISK_WRITE
 */
export function linkModel(
  roots: ModelRoots,
  model: LockModel,
  { target, bytes }: Pick<Placement, 'target' | 'bytes'>,
): void {
  if (target === bytes) return
  if (model.root === 'home') requireInHome(roots.home, target)
  asDiskWrite(target, () => mkdirSync(dirname(target), { recursive: true }))
  linkAtomic(relative(realpathSync(dirname(target)), realpathSync(bytes)), target)
}

/** Asked before a folder is made: it could be made inside a checkout that other versions use. */
function requireInHome(home: string, target: string): void {
  let folder = dirname(target)
  while (statIfExists(folder) === null) folder = dirname(folder)
  const [real, root] = [realpathSync(folder), realpathSync(home)]
  if (real !== root && !isWithin(root, real))
    throw new ComfypinError('PATH_UNSAFE', { path: target, root: home })
}
