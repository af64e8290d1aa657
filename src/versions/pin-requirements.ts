import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { say } from '../core/messages.ts'
import { readTextIfExists, writeAtomic } from '../platform/files.ts'
import { findPython } from '../python/interpreter.ts'
import { normalizeName } from '../python/package-names.ts'
import { minorOf } from '../python/pylock.ts'
import { invalidLine } from '../python/requirement-files.ts'
import { offlineFirst, runUv } from '../python/run-uv.ts'
import { withStaging } from '../python/staging.ts'
import type { PythonInterpreter, Uv } from '../python/types.ts'
import {
  diskFailure,
  failedPackage,
  isConflict,
  keepLog,
  lacksCachedData,
  reasonOfUv,
  skippedForLackOfData,
} from '../python/uv-failure.ts'
import { ensureUv } from '../python/uv.ts'
import { wheelArguments } from '../python/wheel-arguments.ts'
import { readWheelMap } from './pin-wheel-map.ts'

export interface PinOptions {
  /** Where the list goes as well; what it pinned before stays unless something rules it out. */
  output: string | null
  /** A file that says which package comes from which wheel. */
  wheelMap: string | null
  /** With the hash of every file. */
  hashes: boolean
  /** The newest versions instead of those of `output`. */
  upgrade: boolean
}

export interface PinnedPackage {
  /** Normalized (PEP 503). */
  name: string
  /** null for one that comes from an address. */
  version: string | null
  url: string | null
}

export interface PinResult {
  file: string
  output: string | null
  /** `3.11.7` */
  python: string
  packages: PinnedPackage[]
  /** The list itself, as a requirements file. */
  text: string
}

/** First word of a list that this command wrote. */
const HEADER = '# pinned by comfypin'

/**
 * The exact packages that a requirements file leads to on this machine (R141). It is the user's own
 * file, so uv reads it as it is: includes, constraints, indexes, addresses, markers. Relative paths
 * start at its folder.
 * @throws REQUIREMENTS_UNREADABLE, WHEEL_MAP_INVALID, REQUIREMENT_INVALID, PYTHON_CONFLICT,
 * PYTHON_OFFLINE, PYTHON_RESOLVE, PYTHON_INSTALL, PYTHON_NOT_FOUND, UV_MISSING, DISK_WRITE
 */
export async function pinRequirements(
  ctx: Ctx,
  file: string,
  options: PinOptions,
): Promise<PinResult> {
  if (file === options.output)
    throw new ComfypinError('USAGE', {
      reason: say(ctx.settings.language, 'pinOntoItself', { file }),
    })
  const given = readRequirements(file)
  const offline = ctx.settings.offline ?? false
  const uv = await ensureUv(ctx, offline)
  const python = await findPython(ctx, uv, { python: ctx.settings.python, offline })
  const lines = await compile(ctx, uv, python, { file, given, offline, options })
  const text = `${HEADER} for ${environmentOf(python)} from ${basename(file)}\n${lines}`
  if (options.output !== null && readTextIfExists(options.output) !== text)
    writeAtomic(options.output, text)
  const packages = parseList(lines)
  return { file, output: options.output, python: python.version, packages, text }
}

function readRequirements(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === null) throw error
    const reason = reasonOf(error)
    throw new ComfypinError('REQUIREMENTS_UNREADABLE', { file, reason }, { cause: error })
  }
}

interface Request {
  file: string
  given: string
  offline: boolean
  options: PinOptions
}

function compile(ctx: Ctx, uv: Uv, python: PythonInterpreter, request: Request): Promise<string> {
  const { file, options, offline } = request
  return withStaging(ctx, 'pin', async (dir) => {
    const output = join(dir, 'pinned.txt')
    const args = [
      ...['pip', 'compile', '--no-header', '--no-annotate', '--output-file', output],
      ...['--python', python.path],
      ...(options.hashes ? ['--generate-hashes'] : []),
      ...(options.upgrade ? ['--upgrade'] : []),
      ...overrideArguments(dir, options.wheelMap),
      ...wheelArguments(ctx),
      ...['--', file],
    ]
    const ask = (isOffline: boolean) => {
      // uv prefers the versions of its output file, so an answer that was not taken must not stay
      writeFileSync(output, formerList(options.output))
      const env = { RUST_LOG: 'warn' }
      return runUv(ctx, uv, args, { cwd: dirname(file), offline: isOffline, env })
    }
    const result = options.upgrade
      ? await ask(offline)
      : await offlineFirst(
          offline,
          ask,
          ({ exitCode, stderr }) => exitCode === 0 && !skippedForLackOfData(stderr),
        )
    if (result.exitCode !== 0) throw failureOf(ctx, request, dir, result)
    return readFileSync(output, 'utf8')
  })
}

/** An override holds for whoever asks for the package, and brings in none that nobody asks for. */
function overrideArguments(dir: string, wheelMap: string | null): string[] {
  if (wheelMap === null) return []
  const file = join(dir, 'wheels.txt')
  const lines = [...readWheelMap(wheelMap)].map(([name, url]) => `${name} @ ${url}\n`)
  writeFileSync(file, lines.join(''))
  return ['--overrides', file]
}

/** Only a list of our own is asked for its versions. */
function formerList(output: string | null): string {
  const text = output === null ? null : readTextIfExists(output)
  return text?.startsWith(HEADER) === true ? text : ''
}

function failureOf(
  ctx: Ctx,
  { file, given, offline }: Request,
  dir: string,
  { stdout, stderr }: { stdout: string; stderr: string },
): ComfypinError {
  const owner = basename(file)
  const disk = diskFailure(stderr, dir)
  if (disk !== null) return disk
  const source = { owner, file, lines: [], constraints: [] }
  const invalid = [owner, file]
    .map((name) => invalidLine(stderr, [{ source, name, text: given, constraints: null }]))
    .find((found) => found !== null)
  if (invalid !== undefined) return new ComfypinError('REQUIREMENT_INVALID', invalid)
  const reason = reasonOfUv(stderr)
  if (offline && lacksCachedData(stderr)) return new ComfypinError('PYTHON_OFFLINE', { reason })
  if (isConflict(stderr)) return new ComfypinError('PYTHON_CONFLICT', { reason, owners: owner })
  const log = keepLog(ctx, stdout + stderr)
  const subject = failedPackage(stderr)
  return subject === null
    ? new ComfypinError('PYTHON_RESOLVE', { reason, owners: owner, log })
    : new ComfypinError('PYTHON_INSTALL', { package: subject, reason, log })
}

function environmentOf({ version, platform, machine }: PythonInterpreter): string {
  return `Python ${minorOf(version)} on ${platform} ${machine}`
}

/** uv's own layout: `name==version` or `name @ address`, hashes on lines of their own. */
function parseList(text: string): PinnedPackage[] {
  return text.split('\n').flatMap((line): PinnedPackage[] => {
    const [, name, version, url] =
      /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?(?:===?([^\s;\\]+)| @ (\S+))/.exec(line) ?? []
    if (name === undefined) return []
    return [{ name: normalizeName(name), version: version ?? null, url: url ?? null }]
  })
}
