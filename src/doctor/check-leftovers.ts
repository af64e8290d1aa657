import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { systemCode } from '../core/errors.ts'
import { readTextIfExists } from '../platform/files.ts'
import { isStaleLock } from '../platform/lock-file.ts'
import { cachePaths } from '../platform/paths.ts'
import { finding } from './finding.ts'
import type { Check, RawFinding } from './types.ts'

/** The next realize removes what is older. */
const STALE_MS = 24 * 3600 * 1000

/** What died processes left in the cache (R53): nothing of it is in the way. */
export const checkLeftovers: Check = { name: 'leftovers', timeoutMs: 15_000, run }

async function run(ctx: Ctx): Promise<RawFinding[]> {
  const cache = cachePaths(ctx.settings.cacheRoot)
  const [locks, staged] = await Promise.all([
    select(cache.locks, async (path) => isDeadLock(path)),
    select(cache.tmp, async (path) => ctx.clock.now() - (await ageOf(path)) > STALE_MS),
  ])
  const found = [
    ...(locks.length === 0
      ? []
      : [finding('LOCKS_STALE', { count: locks.length, path: cache.locks })]),
    ...(staged.length === 0
      ? []
      : [finding('STAGING_STALE', { count: staged.length, path: cache.tmp })]),
  ]
  return found.length === 0 ? [finding('LEFTOVERS_NONE', {})] : found
}

function isDeadLock(path: string): boolean {
  const holder = path.endsWith('.lock') ? readTextIfExists(path) : null
  return holder !== null && isStaleLock(path, holder)
}

async function ageOf(path: string): Promise<number> {
  return (await stat(path)).mtimeMs
}

/** Paths in a folder that fit; what vanishes meanwhile does not. */
async function select(dir: string, fits: (path: string) => Promise<boolean>): Promise<string[]> {
  const selected: string[] = []
  for (const name of await listIfThere(dir)) {
    const path = join(dir, name)
    if (await fits(path).catch(absentIsFalse)) selected.push(path)
  }
  return selected
}

async function listIfThere(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

function absentIsFalse(error: unknown): boolean {
  if (systemCode(error) === 'ENOENT') return false
  throw error
}
