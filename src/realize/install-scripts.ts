import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { requirementName } from '../python/package-names.ts'
import { readInstallScripts, type InstallScript } from '../python/read-install-scripts.ts'
import type { LockedPackage } from '../python/types.ts'
import { availablePacks, type RealizeJob } from './job.ts'

const SHOWN = 12

/**
 * Other installers run a pack's `install.py`; here only declared requirements are installed. What the
 * script would install or download, and the version does not have, is told, so that it can be declared.
 */
export async function tellInstallScripts(
  ctx: Ctx,
  job: RealizeJob,
  locked: readonly LockedPackage[],
): Promise<void> {
  const packs = availablePacks(job)
    .map(({ pack, checkout }) => ({ name: pack.name, script: join(checkout.dir, 'install.py') }))
    .filter(({ script }) => existsSync(script))
  const scripts = packs.map(({ script }) => script)
  const found = await readInstallScripts(ctx, job.home.python, scripts)
  packs.forEach(({ name }, at) => {
    ctx.emit({ type: 'warning', code: 'PACK_INSTALL_SCRIPT', params: { name } })
    tellMissing(ctx, job, locked, name, found[at])
  })
}

function tellMissing(
  ctx: Ctx,
  job: RealizeJob,
  locked: readonly LockedPackage[],
  name: string,
  script: InstallScript | undefined,
): void {
  const names = new Set(locked.map((one) => one.name))
  const here = new Set(job.lock.models.map(({ source }) => source))
  const packages = script?.requirements.filter((line) => !names.has(requirementName(line) ?? ''))
  const sources = script?.urls.filter((url) => !here.has(url))
  if (packages !== undefined && packages.length > 0)
    ctx.emit({
      type: 'warning',
      code: 'PACK_INSTALL_PACKAGES',
      params: { name, packages: shorten(packages) },
    })
  if (sources !== undefined && sources.length > 0)
    ctx.emit({
      type: 'warning',
      code: 'PACK_INSTALL_MODELS',
      params: { name, sources: shorten(sources) },
    })
}

function shorten(items: readonly string[]): string {
  return [...items.slice(0, SHOWN), ...(items.length > SHOWN ? ['…'] : [])].join(', ')
}
