import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve, sep } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { exec } from '../platform/exec.ts'
import { statIfExists } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import { expandHome } from '../platform/settings.ts'
import { fetchUv, fetchedUv } from './fetch-uv.ts'
import { compareReleases } from './package-names.ts'
import type { Uv } from './types.ts'

/** The first that resolves to `pylock.toml`, syncs from it, and says when offline made it step back. */
const OLDEST_UV = '0.8.0'

/**
 * A real uv executable: COMFYPIN_UV, else one of PATH that is new enough, else the cache's own,
 * which is fetched once.
 * @throws UV_MISSING
 */
export async function ensureUv(
  ctx: Ctx,
  offline: boolean = ctx.settings.offline ?? false,
): Promise<Uv> {
  return (await locateUv(ctx)) ?? fetchUv(ctx, offline)
}

/**
 * The same without fetching; null when none is here.
 * @throws UV_MISSING when COMFYPIN_UV names none
 */
export async function locateUv(ctx: Ctx): Promise<Uv | null> {
  if (ctx.settings.uv !== null) return chosenUv(ctx, ctx.settings.uv)
  for (const candidate of executablesOf(ctx, 'uv')) {
    const uv = isScript(candidate) ? await behindShim(ctx, candidate) : candidate
    if (await isNewEnough(ctx, uv)) return uv
  }
  const fetched = fetchedUv(cachePaths(ctx.settings.cacheRoot).tools)
  return isExecutable(fetched) ? fetched : null
}

function chosenUv(ctx: Ctx, setting: string): Uv {
  const path = expandHome(setting)
  const found =
    isAbsolute(path) || path.includes(sep)
      ? [resolve(path)].find(isExecutable)
      : executablesOf(ctx, path)[0]
  if (found !== undefined) return found
  throw new ComfypinError('UV_MISSING', { reason: `COMFYPIN_UV names ${setting}` })
}

function executablesOf(ctx: Ctx, name: string): string[] {
  return (ctx.settings.env.PATH ?? '')
    .split(delimiter)
    .filter((dir) => isAbsolute(dir))
    .map((dir) => join(dir, name))
    .filter(isExecutable)
}

function isExecutable(path: string): boolean {
  if (statIfExists(path)?.isFile() !== true) return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // only asked: no permission is an answer
  }
}

/** Version managers put scripts on PATH that look for the program anew at every call (80 ms). */
function isScript(path: string): boolean {
  const fd = openSync(path, 'r')
  try {
    const start = Buffer.alloc(2)
    return readSync(fd, start, 0, 2, 0) === 2 && start.toString('latin1') === '#!'
  } finally {
    closeSync(fd)
  }
}

/** The executable of the uv package of the same Python; the script itself when nobody knows. */
async function behindShim(ctx: Ctx, shim: string): Promise<Uv> {
  const python = executablesOf(ctx, 'python3')[0]
  if (python === undefined) return shim
  const script = 'import uv; print(uv.find_uv_bin())'
  const { exitCode, stdout } = await exec(ctx, [python, '-I', '-c', script])
  const found = stdout.trim()
  return exitCode === 0 && isExecutable(found) ? found : shim
}

async function isNewEnough(ctx: Ctx, uv: Uv): Promise<boolean> {
  const { exitCode, stdout } = await exec(ctx, [uv, '--version'])
  const version = /^uv (\d+(?:\.\d+)*)/.exec(stdout)?.[1]
  return exitCode === 0 && version !== undefined && compareReleases(version, OLDEST_UV) >= 0
}
