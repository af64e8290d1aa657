import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { cachePaths } from '../platform/paths.ts'

/** uv writes into its cache whatever it is asked, so it gets one that is thrown away. */
export async function withScratchUv<T>(ctx: Ctx, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  const { settings } = ctx
  const scratch = await mkdtemp(join(tmpdir(), 'comfypin-doctor-'))
  const ownPythons = join(cachePaths(settings.cacheRoot).tools, 'python')
  const env = {
    ...settings.env,
    UV_CACHE_DIR: join(scratch, 'uv'),
    UV_PYTHON_INSTALL_DIR: settings.env['UV_PYTHON_INSTALL_DIR'] ?? ownPythons,
  }
  try {
    return await work({ ...ctx, settings: { ...settings, cacheRoot: scratch, env } })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
