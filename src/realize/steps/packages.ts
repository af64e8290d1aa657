import type { Ctx } from '../../core/context.ts'
import { ComfypinError, hasCode } from '../../core/errors.ts'
import { ignoreEvents } from '../../core/events.ts'
import { readTextIfExists, writeAtomic } from '../../platform/files.ts'
import { lockPackages, type PackageLock } from '../../python/lock-packages.ts'
import { collectRequirements, overrideLines } from '../../python/requirements.ts'
import { syncVenv } from '../../python/sync-venv.ts'
import type { RequirementSource } from '../../python/types.ts'
import { readVenv, type Venv } from '../../python/venv-state.ts'
import { tellCoreMismatch } from '../core-mismatch.ts'
import {
  readPackScripts,
  scriptRequirements,
  tellInstallScripts,
  type PackScript,
} from '../install-scripts.ts'
import { availablePacks, type RealizeJob } from '../job.ts'
import { currentPythonLock, lockHeader } from '../python-lock.ts'
import { installPartly } from './partial-packages.ts'
import type { PythonTools } from './python-tools.ts'

/**
 * Lock core, packs and spec together; an earlier lock of this version is preferred (R80, R32).
 * Offline, what cannot be locked is no failure yet: `syncPackages` may have another way (R87).
 */
export async function lockPython(ctx: Ctx, job: RealizeJob, tools: PythonTools): Promise<void> {
  await makeLock(ctx, job, tools)
}

/**
 * Make the venv hold what the lock says; a lock made for another Python is made again first.
 * @returns false when it holds only what is at hand offline
 */
export async function syncPackages(
  ctx: Ctx,
  job: RealizeJob,
  tools: PythonTools,
): Promise<boolean> {
  const venv = requireVenv(job)
  const quiet = { ...ctx, emit: ignoreEvents }
  const refusal =
    currentPythonLock(job, venv.version) === null
      ? ((await makeLock(quiet, job, tools)) ?? (await syncLocked(ctx, job, tools)))
      : await syncLocked(ctx, job, tools)
  if (refusal === null) return true
  const sources = await requirementsOf(quiet, job, await readPackScripts(quiet, job))
  await installPartly(ctx, job, { venv, tools, sources, refusal })
  return false
}

/** @returns why not, when the reason is that there is no network */
async function makeLock(
  ctx: Ctx,
  job: RealizeJob,
  tools: PythonTools,
): Promise<ComfypinError | null> {
  const file = job.cache.pylock(job.id)
  return orOfflineRefusal(job, async () => {
    const [uv, python] = await Promise.all([tools.uv(ctx), tools.interpreter(ctx)])
    const scripts = await readPackScripts(ctx, job)
    const lock = await lockPackages(ctx, uv, {
      sources: await requirementsOf(ctx, job, scripts),
      overrides: overrideLines(job.lock.python_overrides),
      twins: job.lock.python_twins,
      python,
      existing: readTextIfExists(file),
      refresh: job.upgrade,
      offline: job.offline,
    })
    writeAtomic(file, lockHeader(job, lock.twins, scriptRequirements(scripts)) + lock.text)
    await tellFindings(ctx, job, lock, scripts)
  })
}

/** What reading the packs brought to light, once per lock. */
async function tellFindings(
  ctx: Ctx,
  job: RealizeJob,
  { packages, twins }: PackageLock,
  scripts: readonly PackScript[],
): Promise<void> {
  for (const { kept, removed } of twins)
    ctx.emit({
      type: 'warning',
      code: 'PYTHON_TWINS',
      params: { kept, removed: removed.join(', ') },
    })
  await tellCoreMismatch(ctx, job)
  tellInstallScripts(ctx, job, packages, scripts)
}

function requirementsOf(
  ctx: Ctx,
  job: RealizeJob,
  scripts: readonly PackScript[],
): Promise<RequirementSource[]> {
  const lines = new Map(scripts.map(({ pack, certain }) => [pack, certain]))
  return collectRequirements(ctx, {
    coreDir: job.core.dir,
    packs: availablePacks(job).map(({ pack, checkout }) => ({
      name: pack.name,
      dir: checkout.dir,
      installRequirements: pack.install_requirements,
      scriptLines: lines.get(pack.name) ?? [],
    })),
    pythonPackages: job.lock.python_packages,
  })
}

async function syncLocked(
  ctx: Ctx,
  job: RealizeJob,
  tools: PythonTools,
): Promise<ComfypinError | null> {
  const venv = requireVenv(job)
  const pylockFile = job.cache.pylock(job.id)
  return orOfflineRefusal(job, async () =>
    syncVenv(ctx, await tools.uv(ctx), { venv, pylockFile, offline: job.offline }),
  )
}

async function orOfflineRefusal(
  { offline }: RealizeJob,
  work: () => Promise<void>,
): Promise<ComfypinError | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (offline && hasCode(error, 'PYTHON_OFFLINE', 'WHEEL_MISSING', 'UV_MISSING')) return error
    throw error
  }
}

export function requireVenv(job: RealizeJob): Venv {
  const venv = readVenv(job.home.venv)
  if (venv === null)
    throw new ComfypinError('INTERNAL', { reason: `${job.home.venv} is not a venv` })
  return venv
}
