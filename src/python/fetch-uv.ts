import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { exec, type ExecResult } from '../platform/exec.ts'
import { asDiskWrite } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import { withStaging } from './staging.ts'
import type { Uv } from './types.ts'

const UV_VERSION = '0.13.9'

/** sha256 of the wheels of this version, by `process.platform`-`process.arch`. */
const WHEEL_HASHES: Readonly<Record<string, readonly string[]>> = {
  'linux-x64': [
    'd7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19', // manylinux_2_17
    '2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25', // musllinux_1_1
  ],
  'linux-arm64': [
    'ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375', // manylinux_2_28
    '5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe', // manylinux_2_17, musllinux_1_1
  ],
  'darwin-arm64': ['66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63'],
  'darwin-x64': ['c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5'],
}

/** Where the fetched uv lies. */
export function fetchedUv(tools: string): Uv {
  return join(toolDir(tools), 'bin', 'uv')
}

/**
 * Fetch uv with pip, checked against the pinned hash, into `<cache>/tools`.
 * @throws UV_MISSING
 */
export async function fetchUv(ctx: Ctx, offline: boolean): Promise<Uv> {
  const { wheelsDir, cacheRoot } = ctx.settings
  if (offline && wheelsDir === null) throw new ComfypinError('UV_MISSING', { reason: 'offline' })
  const tools = cachePaths(cacheRoot).tools
  return withStaging(ctx, 'uv', async (dir) => {
    const target = join(dir, 'target')
    const args = pipArguments(dir, target, wheelsDir, offline)
    const own = await tryRun(ctx, ['python3', '-m', 'pip', ...args])
    const result = own.exitCode === 0 ? own : await installFromVenv(ctx, dir, args, own)
    if (result.exitCode !== 0) throw new ComfypinError('UV_MISSING', { reason: lastLines(result) })
    adopt(target, toolDir(tools))
    return fetchedUv(tools)
  })
}

function toolDir(tools: string): string {
  return join(tools, `uv-${UV_VERSION}`)
}

function pipArguments(
  dir: string,
  target: string,
  wheelsDir: string | null,
  offline: boolean,
): string[] {
  const hashes = WHEEL_HASHES[`${process.platform}-${process.arch}`] ?? []
  const requirement = [`uv==${UV_VERSION}`, ...hashes.map((hash) => `--hash=sha256:${hash}`)]
  const file = join(dir, 'uv.txt')
  writeFileSync(file, requirement.join(' '))
  return [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    ...['--only-binary', ':all:'],
    ...['--target', target],
    ...(hashes.length > 0 ? ['--require-hashes'] : []),
    ...(wheelsDir === null ? [] : ['--find-links', wheelsDir]),
    ...(offline ? ['--no-index'] : []),
    ...['-r', file],
  ]
}

/** Where Python has no pip of its own, a throw-away venv may have one. */
async function installFromVenv(
  ctx: Ctx,
  dir: string,
  args: readonly string[],
  before: ExecResult,
): Promise<ExecResult> {
  if (!before.stderr.includes('No module named pip')) return before
  const venv = join(dir, 'venv')
  const made = await tryRun(ctx, ['python3', '-m', 'venv', venv])
  return made.exitCode === 0
    ? tryRun(ctx, [join(venv, 'bin', 'python'), '-m', 'pip', ...args])
    : made
}

async function tryRun(ctx: Ctx, argv: readonly [string, ...string[]]): Promise<ExecResult> {
  try {
    return await exec(ctx, argv)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    const reason = `${argv[0]} is not installed either (${reasonOf(error)})`
    throw new ComfypinError('UV_MISSING', { reason }, { cause: error })
  }
}

function adopt(staged: string, final: string): void {
  asDiskWrite(final, () => {
    mkdirSync(dirname(final), { recursive: true })
    try {
      renameSync(staged, final)
    } catch (error) {
      // another process was faster, with the same bytes
      if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error
    }
  })
}

function lastLines({ stdout, stderr }: ExecResult): string {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
  return redact(lines.slice(-3).join(' ')) || 'pip failed without a word'
}
