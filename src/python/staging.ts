import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { asDiskWrite, randomName } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'

/**
 * A folder for intermediate files, gone afterwards.
 * @throws DISK_WRITE
 */
export async function withStaging<T>(
  ctx: Ctx,
  name: string,
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = join(cachePaths(ctx.settings.cacheRoot).tmp, `${name}-${randomName()}`)
  asDiskWrite(dir, () => mkdirSync(dir, { recursive: true }))
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
