import type { Ctx } from '../core/context.ts'
import { withLockFile } from '../platform/lock-file.ts'
import { cachePaths, requireVersionId } from '../platform/paths.ts'
import { loadSpecText, type LoadedSpec } from '../resolve/load-spec.ts'
import type { LockChange } from '../resolve/lock-diff.ts'
import { resolveVersion, saveLock } from '../resolve/resolve.ts'
import { editSpecText, type SpecEdit } from '../spec/write-edits.ts'
import { replaceSpec } from './spec-file.ts'

export interface EditOptions {
  resolve: boolean
  dryRun: boolean
}

export interface EditResult {
  version_id: string
  /** Path of the spec. */
  file: string
  dry_run: boolean
  edits: EditDone[]
  /** Path of the lock; null: not resolved. */
  lock: string | null
  /** What moved in the lock. */
  pins: LockChange[]
}

export interface EditDone {
  part: 'pack' | 'model' | 'package' | 'env'
  name: string
  action: 'added' | 'replaced' | 'removed'
}

/** Two edits at once would lose one of them: each reads the file, and writes it whole. */
export function withSpecLock<T>(
  ctx: Ctx,
  id: string,
  { dryRun }: EditOptions,
  work: () => Promise<T>,
): Promise<T> {
  if (dryRun) return work()
  const { locks } = cachePaths(ctx.settings.cacheRoot)
  return withLockFile(ctx, `${locks}/spec-${requireVersionId(id)}.lock`, work)
}

/**
 * Write an edited spec after it was judged and resolved as a whole: a failure leaves the old one.
 * Pins that nobody touched stay as the lock has them.
 * @throws SPEC_INVALID, and what resolve throws
 */
export async function saveEdited(
  ctx: Ctx,
  before: LoadedSpec,
  edits: readonly SpecEdit[],
  options: EditOptions,
): Promise<Pick<EditResult, 'lock' | 'pins'>> {
  const { file } = before
  const text = editSpecText(before.text, edits)
  const loaded = loadSpecText(ctx, { file, text })
  const resolution = options.resolve
    ? await resolveVersion(ctx, loaded, {
        refresh: false,
        offline: ctx.settings.offline ?? loaded.spec.options.offline,
      })
    : null
  if (!options.dryRun) {
    if (text !== before.text) replaceSpec(file, text)
    if (resolution !== null) saveLock(resolution)
  }
  return { lock: resolution?.file ?? null, pins: resolution?.changes ?? [] }
}
