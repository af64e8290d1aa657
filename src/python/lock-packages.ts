import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import type { ExecResult } from '../platform/exec.ts'
import type { TwinMode } from '../spec/types.ts'
import { checkHashes } from './check-hashes.ts'
import { explainConflict } from './explain-conflict.ts'
import { overrideArguments } from './overrides.ts'
import { ownersIn } from './owners-in.ts'
import { toPortable } from './portable-pylock.ts'
import { parsePylock } from './pylock.ts'
import { invalidLine, writeSources, type SourceFile } from './requirement-files.ts'
import { offlineFirst, runUv } from './run-uv.ts'
import { withStaging } from './staging.ts'
import { twinOverrides, type TwinOverride } from './twins.ts'
import type {
  AppliedOverride,
  LockedPackage,
  PythonInterpreter,
  RequirementSource,
  Uv,
} from './types.ts'
import {
  diskFailure,
  failedPackage,
  isConflict,
  keepLog,
  lacksCachedData,
  reasonOfUv,
  skippedForLackOfData,
} from './uv-failure.ts'
import { wheelArguments } from './wheel-arguments.ts'

export interface LockRequest {
  sources: readonly RequirementSource[]
  /** The spec's `python_overrides`: they win over whatever anybody asks of these packages. */
  overrides: readonly string[]
  /** What happens to packages that own the same files. */
  twins: TwinMode
  python: PythonInterpreter
  /** The lock so far; its versions stay unless something rules them out. */
  existing: string | null
  /** Take the newest versions instead. */
  refresh: boolean
  offline: boolean
}

export interface PackageLock {
  /** PEP 751, the same bytes for the same answer: no times, no paths of this machine. */
  text: string
  packages: LockedPackage[]
  /** Twins that were reduced to one. */
  twins: AppliedOverride[]
}

/**
 * Exact packages for everything that core, packs and spec ask for, as one flat resolution.
 * The cache answers first; `settings.wheelsDir` replaces every index.
 * @throws PYTHON_CONFLICT · PYTHON_OFFLINE · PYTHON_RESOLVE · REQUIREMENT_INVALID · PYTHON_HASH
 * · DISK_WRITE
 */
export async function lockPackages(ctx: Ctx, uv: Uv, request: LockRequest): Promise<PackageLock> {
  return withStaging(ctx, 'lock', async (dir) => {
    const files = writeSources(dir, request.sources)
    const first = await resolveFlat(ctx, uv, dir, files, request, [])
    const twins = reducible(first.packages, request)
    const { text, packages } =
      twins.length === 0 ? first : await resolveFlat(ctx, uv, dir, files, request, twins)
    checkHashes(request.sources, text)
    return { text, packages, twins: twins.map(({ kept, removed }) => ({ kept, removed })) }
  })
}

function reducible(packages: readonly LockedPackage[], request: LockRequest): TwinOverride[] {
  if (request.twins === 'all') return []
  return twinOverrides(packages, request.sources, request.overrides)
}

interface Resolution {
  text: string
  packages: LockedPackage[]
}

async function resolveFlat(
  ctx: Ctx,
  uv: Uv,
  dir: string,
  files: readonly SourceFile[],
  request: LockRequest,
  twins: readonly TwinOverride[],
): Promise<Resolution> {
  const output = join(dir, 'pylock.toml')
  const args = [
    ...['pip', 'compile', '--format', 'pylock.toml', '--no-header', '--output-file', output],
    ...['--python', request.python.path],
    ...(request.refresh ? ['--upgrade'] : []),
    ...wheelArguments(ctx),
    ...overrideArguments(ctx, dir, { lines: request.overrides, twins }),
    ...files.flatMap(({ constraints }) => (constraints === null ? [] : ['-c', constraints])),
    '--',
    ...files.map(({ name }) => name),
    ...keptFiles(dir, twins),
  ]
  const result = await compile(ctx, uv, dir, args, output, request)
  if (result.exitCode !== 0 || steppedBack(result, request))
    throw await failureOf(ctx, uv, dir, files, request, result)
  const text = toPortable(ctx, readFileSync(output, 'utf8'), request.python)
  return { text, packages: parsePylock(text, output) }
}

function compile(
  ctx: Ctx,
  uv: Uv,
  cwd: string,
  args: readonly string[],
  output: string,
  { existing, offline, refresh }: LockRequest,
): Promise<ExecResult> {
  const ask = (isOffline: boolean) => {
    // uv prefers the versions of its output file, so an answer that was not taken must not stay
    rmSync(output, { force: true })
    if (existing !== null) writeFileSync(output, existing)
    return runUv(ctx, uv, args, { cwd, offline: isOffline, env: { RUST_LOG: 'warn' } })
  }
  if (refresh && !offline) return ask(false)
  return offlineFirst(
    offline,
    ask,
    ({ exitCode, stderr }) => exitCode === 0 && !skippedForLackOfData(stderr),
  )
}

/** Offline never weakens a lock: versions only go back where there is none yet. */
function steppedBack({ stderr }: ExecResult, { offline, existing }: LockRequest): boolean {
  return offline && existing !== null && skippedForLackOfData(stderr)
}

/** A kept twin becomes a requirement with a bound: of those who asked for another one, nobody asks for it. */
function keptFiles(dir: string, twins: readonly TwinOverride[]): string[] {
  return twins.map(({ kept, atMost }) => {
    const name = `${kept}.txt`
    writeFileSync(join(dir, name), `${kept}<=${atMost}\n`)
    return name
  })
}

async function failureOf(
  ctx: Ctx,
  uv: Uv,
  dir: string,
  files: readonly SourceFile[],
  request: LockRequest,
  { stdout, stderr }: ExecResult,
): Promise<ComfypinError> {
  const disk = diskFailure(stderr, dir)
  if (disk !== null) return disk
  const invalid = invalidLine(stderr, files)
  if (invalid !== null) return new ComfypinError('REQUIREMENT_INVALID', invalid)
  const reason = reasonOfUv(stderr)
  if (request.offline && lacksCachedData(stderr))
    return new ComfypinError('PYTHON_OFFLINE', { reason })
  if (isConflict(stderr)) return explainConflict(ctx, uv, dir, request, reason)
  const log = keepLog(ctx, stdout + stderr)
  const owners = ownersIn(stderr, request.sources).join(', ') || '-'
  const subject = failedPackage(stderr)
  return subject === null
    ? new ComfypinError('PYTHON_RESOLVE', { reason, owners, log })
    : new ComfypinError('PYTHON_INSTALL', { package: subject, reason, log })
}
