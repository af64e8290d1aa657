import { readdirSync } from 'node:fs'
import { basename, delimiter, dirname, join, resolve, sep } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { exec, type ExecResult } from '../platform/exec.ts'
import { statIfExists } from '../platform/files.ts'
import { expandHome } from '../platform/settings.ts'
import { compareReleases } from './package-names.ts'
import { runUv } from './run-uv.ts'
import type { PythonInterpreter, Uv } from './types.ts'
import { reasonOfUv } from './uv-failure.ts'

/** What ComfyUI's own code needs (its `pyproject.toml`). */
const OLDEST_PYTHON = '3.10'

export interface PythonRequest {
  /** COMFY_PYTHON: a path, a name on PATH, or a version; null for any that is new enough. */
  python: string | null
  offline: boolean
}

/**
 * The interpreter that new venvs are made from. A bare version that is not here is installed by uv.
 * @throws PYTHON_NOT_FOUND when it is not here, does not run, or is older than 3.10
 */
export async function findPython(
  ctx: Ctx,
  uv: Uv,
  { python, offline }: PythonRequest,
): Promise<PythonInterpreter> {
  const wanted = python ?? `>=${OLDEST_PYTHON}`
  const path = isPath(wanted) ? resolve(expandHome(wanted)) : await search(ctx, uv, wanted, offline)
  const found = await describe(ctx, wanted, path)
  if (compareReleases(found.version, OLDEST_PYTHON) >= 0) return found
  const reason = `it is Python ${found.version}, and ComfyUI needs ${OLDEST_PYTHON} or newer`
  throw notFound(wanted, reason)
}

function isPath(wanted: string): boolean {
  return wanted.includes(sep) || wanted.startsWith('~')
}

async function search(ctx: Ctx, uv: Uv, wanted: string, offline: boolean): Promise<string> {
  const args = ['python', 'find', '--system', '--no-project', '--', wanted]
  const ask = (env: Record<string, string>) => runUv(ctx, uv, args, { offline, env })
  let result = await ask({})
  if (result.exitCode !== 0) result = await ask({ PATH: pathBehindShims(ctx) })
  if (result.exitCode !== 0 && isBareVersion(wanted) && !offline) {
    const env = { UV_PYTHON_DOWNLOADS: 'automatic' }
    const install = ['python', 'install', '--no-bin', '--', wanted]
    const installed = await runUv(ctx, uv, install, { offline, env })
    result = installed.exitCode === 0 ? await ask({}) : installed
  }
  if (result.exitCode === 0) return result.stdout.trim()
  throw notFound(wanted, reasonOfUv(result.stderr))
}

function isBareVersion(wanted: string): boolean {
  return /^\d+(\.\d+){1,2}$/.test(wanted)
}

/** pyenv's shims refuse every version but the active one; the folders behind them hold them all. */
function pathBehindShims(ctx: Ctx): string {
  return (ctx.settings.env.PATH ?? '')
    .split(delimiter)
    .flatMap((dir) => (basename(dir) === 'shims' ? versionsBeside(dir) : [dir]))
    .join(delimiter)
}

function versionsBeside(shims: string): string[] {
  const versions = join(dirname(shims), 'versions')
  if (statIfExists(versions)?.isDirectory() !== true) return [shims]
  return readdirSync(versions)
    .filter((version) => compareReleases(version, OLDEST_PYTHON) >= 0)
    .map((version) => join(versions, version, 'bin'))
}

const DESCRIBE = `import platform, sys
print(sys.executable, platform.python_version(), sys.platform, platform.machine(), sep='\\n')`
const SELF_DESCRIPTION = /^(\/.+)\n(\d+\.\d+\.\d+\S*)\n(\w+)\n(\w+)\n$/

async function describe(ctx: Ctx, wanted: string, path: string): Promise<PythonInterpreter> {
  if (statIfExists(path)?.isFile() !== true) throw notFound(wanted, `${path} is not a file`)
  const { stdout, stderr } = await run(ctx, wanted, path)
  const [, executable, version, platform, machine] = SELF_DESCRIPTION.exec(stdout) ?? []
  if (executable && version && platform && machine)
    return { path: executable, version, platform, machine }
  throw notFound(wanted, stderr.trim().split('\n').at(-1) || `${path} is not a Python`)
}

async function run(ctx: Ctx, wanted: string, path: string): Promise<ExecResult> {
  try {
    return await exec(ctx, [path, '-I', '-c', DESCRIBE])
  } catch (error) {
    if (systemCode(error) === null) throw error
    throw notFound(wanted, reasonOf(error))
  }
}

function notFound(python: string, reason: string): ComfypinError {
  return new ComfypinError('PYTHON_NOT_FOUND', { python, reason })
}
