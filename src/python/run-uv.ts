import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { exec, type ExecResult } from '../platform/exec.ts'
import { asDiskWrite } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import { variables, type Variable } from '../platform/settings.ts'
import type { Uv } from './types.ts'

export interface UvOptions {
  /** Default: the cache's folder for staging, where no project has a say. */
  cwd?: string
  offline: boolean
  env?: Readonly<Record<string, string | null>>
}

/**
 * Run uv with this project's cache. What the user set for uv (indexes, links, proxies, certificates)
 * stays; pip's variables are not translated, because the two tools read them differently.
 * Never throws for an exit code.
 * @throws UV_MISSING when the executable is gone
 */
export async function runUv(
  ctx: Ctx,
  uv: Uv,
  args: readonly string[],
  options: UvOptions,
): Promise<ExecResult> {
  const cwd = options.cwd ?? cachePaths(ctx.settings.cacheRoot).tmp
  asDiskWrite(cwd, () => mkdirSync(cwd, { recursive: true }))
  const onLine = (line: string) => {
    if (line.trim() !== '') ctx.emit({ type: 'exec.line', command: 'uv', line: redact(line) })
  }
  try {
    return await exec(ctx, [uv, ...args], {
      cwd,
      env: { ...uvEnv(ctx), ...(options.offline ? { UV_OFFLINE: '1' } : {}), ...options.env },
      onLine,
    })
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'EACCES') throw error
    throw new ComfypinError('UV_MISSING', { reason: `${uv} does not run` }, { cause: error })
  }
}

/**
 * Ask offline first: online, uv revalidates every package with the index (4 s instead of 0.3 s for
 * 285 packages). Whatever the cache cannot answer is asked again with the network.
 */
export async function offlineFirst(
  offline: boolean,
  ask: (offline: boolean) => Promise<ExecResult>,
  isAnswer: (result: ExecResult) => boolean,
): Promise<ExecResult> {
  const result = await ask(true)
  return offline || isAnswer(result) ? result : await ask(false)
}

function uvEnv(ctx: Ctx): Record<string, string | null> {
  const { env, cacheRoot } = ctx.settings
  const features = new Set(['pylock', ...(env.UV_PREVIEW_FEATURES ?? '').split(',')])
  return {
    UV_CACHE_DIR: cachePaths(cacheRoot).uv,
    UV_LINK_MODE: env.UV_LINK_MODE ?? 'hardlink',
    // an interpreter in ~ would be gone after the restart of a container whose volume keeps the venv
    UV_PYTHON_INSTALL_DIR: join(cachePaths(cacheRoot).tools, 'python'),
    ...absolutePaths(env),
    UV_PYTHON_DOWNLOADS: 'never',
    UV_PREVIEW_FEATURES: [...features].filter((feature) => feature !== '').join(','),
    UV_NO_PROGRESS: '1',
    NO_COLOR: '1',
    ...removed(FOREIGN_ENVIRONMENT),
    ...removed(tokenNames()),
  }
}

/** Variables of uv that hold paths, and what separates several of them. */
const PATH_VARIABLES: Readonly<Record<string, RegExp | null>> = {
  UV_CACHE_DIR: null,
  UV_PYTHON_INSTALL_DIR: null,
  UV_CONFIG_FILE: null,
  UV_FIND_LINKS: /(,)/,
  UV_CONSTRAINT: /(\s+)/,
  UV_BUILD_CONSTRAINT: /(\s+)/,
  UV_OVERRIDE: /(\s+)/,
}

/** uv runs in a folder of its own, so that no project around the user's folder has a say. */
function absolutePaths(env: Readonly<Record<string, string>>): Record<string, string> {
  const paths: Record<string, string> = {}
  for (const [name, separator] of Object.entries(PATH_VARIABLES)) {
    const value = env[name]?.trim()
    if (!value) continue
    const parts = separator === null ? [value] : value.split(separator)
    paths[name] = parts.map(absolute).join('')
  }
  return paths
}

function absolute(given: string): string {
  const part = given.trim()
  return part === '' || part === ',' || part.includes('://') ? given : resolve(part)
}

/** They would lead uv to another environment, or add work that is done elsewhere. */
const FOREIGN_ENVIRONMENT = [
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'PYTHONHOME',
  'PYTHONPATH',
  'UV_SYSTEM_PYTHON',
  'UV_PROJECT',
  'UV_WORKING_DIR',
  'UV_VENV_SEED',
  'UV_COMPILE_BYTECODE',
]

/** Building a package runs its code; our tokens are for their own hosts alone. */
function tokenNames(): string[] {
  const tokens: readonly Variable[] = [
    variables.hfToken,
    variables.civitaiToken,
    variables.githubToken,
  ]
  return tokens.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])])
}

function removed(names: readonly string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]))
}
