import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'
import { freeBytes } from '../platform/files.ts'
import { quotaLeft } from '../platform/volume-quota.ts'

/**
 * Compare what is about to be written below `dir` with what is free there (R66).
 * `COMFYPIN_SKIP_SPACE_CHECK` leaves the comparison out.
 * @param needed bytes
 * @throws DISK_FULL
 */
export function requireSpace(ctx: Ctx, dir: string, needed: number): void {
  if (ctx.settings.skipSpaceCheck || needed <= 0) return
  const free = freeBytes(dir)
  if (free === null)
    return ctx.emit({ type: 'warning', code: 'DISK_SPACE_UNKNOWN', params: { path: dir } })
  if (needed > free) throw full(dir, free, needed)
}

/**
 * The same with the quota of a network volume, which its filesystem does not know. To be asked once
 * for all that is to come: it counts what lies there.
 * @throws DISK_FULL, INTERRUPTED
 */
export async function requireQuota(ctx: Ctx, dir: string, needed: number): Promise<void> {
  if (ctx.settings.skipSpaceCheck || needed <= 0) return
  const left = await quotaLeft(ctx, dir)
  if (left !== null && needed > left.free) throw full(left.root, left.free, needed)
}

function full(path: string, free: number, needed: number): ComfypinError {
  return new ComfypinError('DISK_FULL', {
    path,
    free: formatBytes(free),
    needed: formatBytes(needed),
  })
}
