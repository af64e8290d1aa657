import type { Ctx } from '../../core/context.ts'
import { hasCode, type ComfypinError } from '../../core/errors.ts'
import { installAtHand, type MissingPackage } from '../../python/install-at-hand.ts'
import { installedPackages } from '../../python/installed-packages.ts'
import { requirementName } from '../../python/package-names.ts'
import { parsePylock } from '../../python/pylock.ts'
import { CORE_OWNER, overrideLines } from '../../python/requirements.ts'
import type { RequirementSource, Uv } from '../../python/types.ts'
import type { Venv } from '../../python/venv-state.ts'
import type { RealizeJob } from '../job.ts'
import { currentPythonLock } from '../python-lock.ts'
import type { PythonTools } from './python-tools.ts'

interface PartialInstall {
  venv: Venv
  tools: PythonTools
  sources: readonly RequirementSource[]
  /** Why the whole install is not possible. */
  refusal: ComfypinError
}

/**
 * Offline, start with what is at hand: each Python package that is not is one warning (R87). A venv
 * that holds packages counts as usable; an empty one only when everything the core asks for can be
 * put into it.
 * @throws what refused the whole install, when nothing usable comes of it
 */
export async function installPartly(
  ctx: Ctx,
  job: RealizeJob,
  { venv, tools, sources, refusal }: PartialInstall,
): Promise<void> {
  const isEmpty = installedPackages(venv.sitePackages).length === 0
  const uv = hasCode(refusal, 'UV_MISSING') ? null : await tools.uv(ctx)
  if (isEmpty && (uv === null || !(await canHoldCore(ctx, job, uv, venv, sources)))) throw refusal
  const missing =
    uv === null
      ? notInstalled(venv, sources)
      : await installAtHand(ctx, uv, request(job, venv, sources))
  if (missing === null) throw refusal
  for (const { requirement, owners } of missing)
    ctx.emit({
      type: 'warning',
      code: 'OFFLINE_PACKAGE_MISSING',
      params: { package: requirement, owners: owners.join(', ') || '-' },
    })
}

async function canHoldCore(
  ctx: Ctx,
  job: RealizeJob,
  uv: Uv,
  venv: Venv,
  sources: readonly RequirementSource[],
): Promise<boolean> {
  const core = sources.filter(({ owner }) => owner === CORE_OWNER)
  return (await installAtHand(ctx, uv, request(job, venv, core)))?.length === 0
}

function request(job: RealizeJob, venv: Venv, sources: readonly RequirementSource[]) {
  const lock = currentPythonLock(job, venv.version)
  const locked = lock === null ? [] : parsePylock(lock, job.cache.pylock(job.id))
  return { venv, sources, locked, overrides: overrideLines(job.lock.python_overrides) }
}

/** Without uv nothing can be installed, and by their names alone it can be told what is not there. */
function notInstalled(venv: Venv, sources: readonly RequirementSource[]): MissingPackage[] {
  const installed = new Set(installedPackages(venv.sitePackages).map(({ name }) => name))
  return sources.flatMap(({ owner, lines }) =>
    lines.flatMap((requirement) => {
      const name = requirementName(requirement)
      // whether a marker holds is for uv to say
      if (name === null || installed.has(name) || requirement.includes(';')) return []
      return [{ requirement, owners: [owner] }]
    }),
  )
}
