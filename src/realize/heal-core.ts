import type { Ctx } from '../core/context.ts'
import { jobOfHome } from './job-of-home.ts'
import { readMarker } from './marker.ts'
import { changedInTree, repairTree } from './origin.ts'
import { compileBytecode, dropCompiledMarks } from './steps/bytecode.ts'
import { prepareCore } from './steps/core.ts'

/**
 * A pack's install script knows where ComfyUI is, and some copy files into it (packs.md §2). The core's
 * checkout is shared: it is made again, what was written is kept aside, and that is told.
 * The caller holds the home's lock.
 */
export async function healCore(ctx: Ctx, home: string, name: string): Promise<void> {
  const marker = readMarker(home)
  if (marker === null) return
  const job = jobOfHome(ctx, marker)
  const { origin, tree } = job.core
  const written = await changedInTree(ctx, job.cache, origin)
  if (written.length === 0) return
  const files = written.slice(0, 5).join(', ') + (written.length > 5 ? ', …' : '')
  ctx.emit({ type: 'warning', code: 'PACK_INSTALL_CORE', params: { name, files } })
  await repairTree(ctx, job.cache, origin)
  dropCompiledMarks(tree)
  await compileBytecode(ctx, job, tree)
  prepareCore(ctx, job)
}
