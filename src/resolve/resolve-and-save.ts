import type { Ctx } from '../core/context.ts'
import { loadSpec, type SpecSelector } from './load-spec.ts'
import type { LockChange } from './lock-diff.ts'
import { resolveVersion, saveLock } from './resolve.ts'

export interface ResolveResult {
  version_id: string
  file: string
  changes: LockChange[]
}

/** The work of `comfypin resolve`: pin, write the lock when it changed, tell what moved (R24–R26). */
export async function resolveAndSave(
  ctx: Ctx,
  selector: SpecSelector,
  options: { refresh: boolean },
): Promise<ResolveResult> {
  const loaded = loadSpec(ctx, selector)
  const offline = ctx.settings.offline ?? loaded.spec.options.offline
  const resolution = await resolveVersion(ctx, loaded, { ...options, offline })
  saveLock(resolution)
  return { version_id: loaded.spec.version_id, file: resolution.file, changes: resolution.changes }
}
