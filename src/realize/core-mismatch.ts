import { join } from 'node:path'
import { readVersion } from '../comfy/flags.ts'
import type { Ctx } from '../core/context.ts'
import { statIfExists } from '../platform/files.ts'
import { readPyproject } from '../python/pyproject.ts'
import { isInRange } from '../python/version-range.ts'
import { availablePacks, type RealizeJob } from './job.ts'

/** A pack may say which ComfyUI it is made for (`[tool.comfy].requires-comfyui`); often that is why it fails. */
export async function tellCoreMismatch(ctx: Ctx, job: RealizeJob): Promise<void> {
  const version = readVersion(job.core.dir)
  if (version === null) return
  for (const { pack, checkout } of availablePacks(job)) {
    const file = join(checkout.dir, 'pyproject.toml')
    if (statIfExists(file)?.isFile() !== true) continue
    const { requiresComfyui: wanted } = await readPyproject(file)
    if (wanted === null || isInRange(version, wanted)) continue
    const params = { name: pack.name, wanted, version }
    ctx.emit({ type: 'warning', code: 'PACK_CORE_MISMATCH', params })
  }
}
