import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { hasCode, reasonOf } from '../core/errors.ts'
import { withLockFile } from '../platform/lock-file.ts'
import { finding } from './finding.ts'
import { nearestFolder, placesOf } from './places.ts'
import { isUnwritable, probeFolder, withProbeFolder } from './probe-folder.ts'
import type { Check, DoctorOptions, RawFinding } from './types.ts'

/** A lock of another machine is taken for dead after a minute without a heartbeat. */
const MAX_SKEW_MS = 30_000

/** Whether two processes would really wait for each other, on a network filesystem above all (R52). */
export const checkLocks: Check = { name: 'locks', timeoutMs: 20_000, run }

async function run(ctx: Ctx, { version }: DoctorOptions): Promise<RawFinding[]> {
  const places = placesOf(ctx.settings, version?.id ?? null).filter(
    ({ folder }) => folder === 'cache_root' || folder === 'models_dir',
  )
  const found = await Promise.all(places.map(({ path }) => tryLock(ctx, path)))
  return found.flat()
}

async function tryLock(ctx: Ctx, path: string): Promise<RawFinding[]> {
  const at = await nearestFolder(path)
  if (at === null) return []
  try {
    const holds = await withProbeFolder(at, (probe) => excludes(ctx, join(probe, 'lock')))
    const { clockSkewMs } = await probeFolder(at)
    return [
      holds ? finding('LOCKS_OK', { path }) : finding('LOCKS_BROKEN', { path, reason: '-' }),
      ...(clockSkewMs > MAX_SKEW_MS
        ? [finding('CLOCK_SKEW', { path, seconds: Math.round(clockSkewMs / 1000) })]
        : []),
    ]
  } catch (error) {
    if (isUnwritable(error)) return [] // the folder itself is reported
    return [finding('LOCKS_BROKEN', { path, reason: reasonOf(error) })]
  }
}

/** True when a second taker has to wait. */
function excludes(ctx: Ctx, path: string): Promise<boolean> {
  return withLockFile(ctx, path, async () => {
    const second = new AbortController()
    const emit = () => second.abort()
    try {
      return await withLockFile({ ...ctx, emit, signal: second.signal }, path, async () => false)
    } catch (error) {
      if (hasCode(error, 'INTERRUPTED')) return true
      throw error
    }
  })
}
