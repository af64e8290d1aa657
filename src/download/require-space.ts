import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'
import { freeBytes } from '../platform/files.ts'

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
  if (needed > free)
    throw new ComfypinError('DISK_FULL', {
      path: dir,
      free: formatBytes(free),
      needed: formatBytes(needed),
    })
}
