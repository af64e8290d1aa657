import type { Ctx } from '../../core/context.ts'
import { ComfypinError } from '../../core/errors.ts'
import { readTextIfExists, writeAtomic } from '../../platform/files.ts'
import { lockPackages } from '../../python/lock-packages.ts'
import { collectRequirements } from '../../python/requirements.ts'
import { syncVenv } from '../../python/sync-venv.ts'
import { readVenv, type Venv } from '../../python/venv-state.ts'
import { availablePacks, type RealizeJob } from '../job.ts'
import { currentPythonLock, lockHeader } from '../python-lock.ts'
import type { PythonTools } from './python-tools.ts'

/** Lock core, packs and spec together; an earlier lock of this version is preferred (R80, R32). */
export async function lockPython(ctx: Ctx, job: RealizeJob, tools: PythonTools): Promise<void> {
  const [uv, python] = await Promise.all([tools.uv(ctx), tools.interpreter(ctx)])
  const file = job.cache.pylock(job.id)
  const sources = await collectRequirements(ctx, {
    coreDir: job.core.dir,
    packs: availablePacks(job).map(({ pack, checkout }) => ({
      name: pack.name,
      dir: checkout.dir,
      installRequirements: pack.install_requirements,
    })),
    pythonPackages: job.lock.python_packages,
  })
  const { text, overrides } = await lockPackages(ctx, uv, {
    sources,
    python,
    existing: readTextIfExists(file),
    refresh: job.upgrade,
    offline: job.offline,
  })
  for (const { kept, removed } of overrides)
    ctx.emit({
      type: 'warning',
      code: 'PYTHON_TWINS',
      params: { kept, removed: removed.join(', ') },
    })
  writeAtomic(file, lockHeader(job) + text)
}

/** Make the venv hold what the lock says; a lock made for another Python is made again first. */
export async function syncPackages(ctx: Ctx, job: RealizeJob, tools: PythonTools): Promise<void> {
  const venv = requireVenv(job)
  if (currentPythonLock(job, venv.version) === null) await lockPython(ctx, job, tools)
  await syncVenv(ctx, await tools.uv(ctx), {
    venv,
    pylockFile: job.cache.pylock(job.id),
    offline: job.offline,
  })
}

export function requireVenv(job: RealizeJob): Venv {
  const venv = readVenv(job.home.venv)
  if (venv === null)
    throw new ComfypinError('INTERNAL', { reason: `${job.home.venv} is not a venv` })
  return venv
}
