import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import { statIfExists } from '../platform/files.ts'
import { runGit } from '../git/run-git.ts'
import { compareReleases } from '../python/package-names.ts'
import { finding } from './finding.ts'
import type { Check, RawFinding } from './types.ts'

/** Shallow fetches of single commits and partial checkouts work from here on. */
const OLDEST_GIT = '2.20'

/** git itself, and its helper for http, which some distributions pack apart. */
export const checkGit: Check = { name: 'git', timeoutMs: 15_000, run }

async function run(ctx: Ctx): Promise<RawFinding[]> {
  try {
    const [version, helpers] = await Promise.all([
      runGit(ctx, ['--version']),
      runGit(ctx, ['--exec-path']),
    ])
    const number = /\d+(?:\.\d+)+/.exec(version.stdout)?.[0] ?? '0'
    return [
      compareReleases(number, OLDEST_GIT) >= 0
        ? finding('GIT_OK', { version: number })
        : finding('GIT_OLD', { version: number, oldest: OLDEST_GIT }),
      ...httpHelper(helpers.stdout.trim()),
    ]
  } catch (error) {
    if (hasCode(error, 'GIT_MISSING')) return [finding('GIT_ABSENT', {})]
    throw error
  }
}

function httpHelper(execPath: string): RawFinding[] {
  const path = join(execPath, 'git-remote-https')
  return statIfExists(path) === null ? [finding('GIT_NO_HTTP', { path })] : []
}
