import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import { exec } from '../platform/exec.ts'
import { cachePaths, isWithin } from '../platform/paths.ts'
import { locateUv } from '../python/uv.ts'
import { finding } from './finding.ts'
import type { Check, RawFinding } from './types.ts'

/** Which uv is used, and where it comes from; none is fetched. */
export const checkUv: Check = { name: 'uv', timeoutMs: 15_000, run }

async function run(ctx: Ctx): Promise<RawFinding[]> {
  try {
    const uv = await locateUv(ctx)
    if (uv === null) return [absent(ctx)]
    const { exitCode, stdout } = await exec(ctx, [uv, '--version'])
    const version = /^uv (\S+)/.exec(stdout)?.[1]
    if (exitCode !== 0 || version === undefined) return [finding('UV_BROKEN', { path: uv })]
    return [finding('UV_OK', { version, path: uv, origin: originOf(ctx, uv) })]
  } catch (error) {
    if (hasCode(error, 'UV_MISSING')) return [finding('UV_BROKEN', { path: ctx.settings.uv ?? '' })]
    throw error
  }
}

function absent({ settings }: Ctx): RawFinding {
  return settings.offline === true && settings.wheelsDir === null
    ? finding('UV_ABSENT_OFFLINE', {})
    : finding('UV_ABSENT', {})
}

function originOf({ settings }: Ctx, uv: string): string {
  if (settings.uv !== null) return 'COMFYPIN_UV'
  return isWithin(cachePaths(settings.cacheRoot).tools, uv) ? 'COMFY_CACHE_ROOT' : 'PATH'
}
