import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { readSpecFile } from '../spec/locate.ts'
import { checkFolders } from './check-folders.ts'
import { checkDisk } from './check-disk.ts'
import { checkGit } from './check-git.ts'
import { checkGpu } from './check-gpu.ts'
import { checkInstances } from './check-instances.ts'
import { checkLeftovers } from './check-leftovers.ts'
import { checkLocks } from './check-locks.ts'
import { checkNetwork } from './check-network.ts'
import { checkNode } from './check-node.ts'
import { checkPython } from './check-python.ts'
import { checkRedis } from './check-redis.ts'
import { checkTokens } from './check-tokens.ts'
import { checkUv } from './check-uv.ts'
import { checkVersion } from './check-version.ts'
import { checkVolumes } from './check-volumes.ts'
import { finding, wordFinding } from './finding.ts'
import type { FindingStatus } from './finding-table.ts'
import type { Check, DoctorOptions, Finding, RawFinding } from './types.ts'

export interface DoctorReport {
  findings: Finding[]
  counts: Record<FindingStatus, number>
}

/** In the order in which they are told. */
const CHECKS: readonly Check[] = [
  checkGit,
  checkUv,
  checkPython,
  checkNode,
  checkGpu,
  checkFolders,
  checkLocks,
  checkDisk,
  checkVolumes,
  checkLeftovers,
  checkInstances,
  checkTokens,
  checkNetwork,
  checkRedis,
  checkVersion,
]

/**
 * Look at everything that comfypin needs of a machine, side by side (R38, R39, R66, R147). Nothing
 * is written but short-lived probe files in the folders in force; without `online` nothing is asked
 * of the network but a configured Redis.
 * @throws SPEC_NOT_FOUND, SPEC_UNREADABLE, ID_INVALID, INTERRUPTED
 */
export async function examine(ctx: Ctx, options: DoctorOptions): Promise<DoctorReport> {
  const { version } = options
  if (version !== null) readSpecFile(ctx.settings, version.id, version.path)
  const inner = { ...ctx, emit: ignoreEvents }
  const all = await Promise.all(CHECKS.map((check) => runCheck(inner, check, options)))
  const findings = all.flat()
  const count = (wanted: FindingStatus) => findings.filter(({ status }) => status === wanted).length
  return {
    findings,
    counts: { ok: count('ok'), info: count('info'), warn: count('warn'), fail: count('fail') },
  }
}

async function runCheck(ctx: Ctx, check: Check, options: DoctorOptions): Promise<Finding[]> {
  const found = await withinTime(ctx, check, options)
  return found.map((raw) => wordFinding(check.name, raw, ctx.settings.language))
}

/** A folder on a dead server answers nobody, so the clock does not wait for the check to give up. */
async function withinTime(ctx: Ctx, check: Check, options: DoctorOptions): Promise<RawFinding[]> {
  const over = new AbortController()
  const signal = AbortSignal.any([ctx.signal, over.signal])
  const seconds = check.timeoutMs / 1000
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<RawFinding[]>((resolve) => {
    timer = setTimeout(() => {
      over.abort()
      resolve([finding('CHECK_TIMEOUT', { seconds })])
    }, check.timeoutMs)
  })
  try {
    return await Promise.race([check.run({ ...ctx, signal }, options), timeout])
  } catch (error) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {}, { cause: error })
    return [finding('CHECK_FAILED', { reason: reasonOf(error) })]
  } finally {
    clearTimeout(timer)
  }
}
