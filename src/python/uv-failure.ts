import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { isDiskComplaint, randomName, writeAtomic } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import { normalizeName } from './package-names.ts'

const NOISE =
  /^(?:(?:Using|Resolved|Prepared|Uninstalled|Installed|Audited|WARN) |warning: |\s+(?:Updat|Build|Download)(?:ing|ed) |\s+Built )/
const MAX_LINES = 40

/** uv's own explanation without its progress lines; the end of it when it is long. */
export function reasonOfUv(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !NOISE.test(line))
  const shown = lines.slice(-MAX_LINES).join('\n')
  return redact(shown.replace(/^error: /, '')) || 'uv failed without a word'
}

/** The package that a failure is about: ``Failed to build `name==1.0` `` and its siblings. */
export function failedPackage(stderr: string): string | null {
  const named = /Failed to \w+(?: and \w+)? `([^`]+)`/.exec(stderr)?.[1]
  return named === undefined ? null : redact(named)
}

/** The disk is the reason: whatever else uv says follows from it. */
export function diskFailure(output: string, path: string): ComfypinError | null {
  const reason = output.split('\n').find(isDiskComplaint)?.trim()
  return reason === undefined ? null : new ComfypinError('DISK_WRITE', { path, reason })
}

/** No set of versions satisfies what was asked for. */
export function isConflict(stderr: string): boolean {
  return stderr.includes('No solution found')
}

/** uv could not say more, because it was not allowed to ask the network. */
export function lacksCachedData(stderr: string): boolean {
  return (
    skippedForLackOfData(stderr) ||
    /[Nn]etwork (?:connectivity is|was) disabled|not found in the\s+cache/.test(stderr) ||
    /there (?:is no version|are no versions) of/.test(stderr) // an index that was never asked looks like this
  )
}

/**
 * The package that uv cannot have without a network: never seen, no metadata of a version that fits,
 * or no file of it. null when the failure is about something else. (Texts of uv 0.8 to 0.13.)
 */
export function unavailablePackage(stderr: string): string | null {
  const text = stderr.replace(/\s+/g, ' ')
  for (const pattern of UNAVAILABLE) {
    const name = pattern.exec(text)?.[1]
    if (name !== undefined) return normalizeName(name)
  }
  return null
}

const NAME = '([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)'
const UNAVAILABLE: readonly RegExp[] = [
  new RegExp(`\\b(?:because|and) ${NAME} (?:was|were) not found in the (?:cache|provided)`, 'i'),
  new RegExp(
    `\\b(?:because|and) (?:all versions of |any of: )?${NAME}(?:[<>=!~]\\S*)? needs? to be downloaded`,
    'i',
  ),
  new RegExp(`there (?:is no version|are no versions) of ${NAME}`, 'i'),
  new RegExp(`\\b(?:because|and) only ${NAME}(?:[<>=!~]\\S*)? is available`, 'i'),
  new RegExp(`Failed to \\w+(?: and \\w+)? \`${NAME}(?:==| @ |\`)`),
]

/**
 * Offline, uv steps back to whatever older version it has metadata of, and succeeds.
 * The only trace is this warning of its log (uv 0.8 to 0.13, with RUST_LOG=warn).
 */
export function skippedForLackOfData(stderr: string): boolean {
  return stderr.includes('needs to be downloaded from a registry')
}

/** Keep everything uv said; the path goes into the error. */
export function keepLog(ctx: Ctx, text: string): string {
  const path = join(cachePaths(ctx.settings.cacheRoot).logs, `uv-${randomName()}.log`)
  writeAtomic(path, redact(text))
  return path
}
