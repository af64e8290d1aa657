import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { sourceIdentity } from '../models/source-identity.ts'
import { requirementName } from '../python/package-names.ts'
import { readInstallScripts, type InstallScript } from '../python/read-install-scripts.ts'
import type { LockedPackage } from '../python/types.ts'
import { availablePacks, type RealizeJob } from './job.ts'
import { isOwnCopyKept } from './own-copy.ts'
import type { ScriptRequirements } from './step.ts'
import { packPlace } from './pack-folder.ts'

/** The `install.py` of a pack, as it was read. */
export interface PackScript extends InstallScript {
  pack: string
  /** False: the spec says that the pack's requirements are left out. */
  isWanted: boolean
}

const SHOWN = 12

/**
 * Read every `install.py` of the packs that are here; none is run.
 * @param python any interpreter that can read what the packs are written for
 */
export async function readPackScripts(
  ctx: Ctx,
  job: RealizeJob,
  python = job.home.python,
): Promise<PackScript[]> {
  const packs = availablePacks(job)
    .map(({ pack, checkout }) => ({ pack, file: join(checkout.dir, 'install.py') }))
    .filter(({ file }) => existsSync(file))
  const files = packs.map(({ file }) => file)
  const read = await readInstallScripts(ctx, python, files)
  return read.flatMap((script, at) => {
    const pack = packs[at]?.pack
    if (pack === undefined) return []
    return [{ ...script, pack: pack.name, isWanted: pack.install_requirements }]
  })
}

/** What the scripts add to the requirements of the version. */
export function scriptRequirements(scripts: readonly PackScript[]): ScriptRequirements[] {
  return scripts.flatMap(({ pack, certain, isWanted }) =>
    isWanted && certain.length > 0 ? [{ pack, requirements: certain }] : [],
  )
}

/**
 * Other installers run a pack's `install.py`; here what it installs for certain is a requirement like
 * others. What else it might install or download, and the version does not have, is told, so that it
 * can be declared; and that it is not run, when it does more than its text tells and nobody ran it.
 */
export function tellInstallScripts(
  ctx: Ctx,
  job: RealizeJob,
  locked: readonly LockedPackage[],
  scripts: readonly PackScript[],
): void {
  for (const script of scripts) {
    const { pack: name, isComplete } = script
    if (!isComplete && !isOwnCopyKept(packPlace(job.home, name)))
      ctx.emit({ type: 'warning', code: 'PACK_INSTALL_SCRIPT', params: { name, id: job.id } })
    tellMissing(ctx, job, locked, script)
  }
}

function tellMissing(
  ctx: Ctx,
  job: RealizeJob,
  locked: readonly LockedPackage[],
  { pack: name, possible, models, isWanted }: PackScript,
): void {
  const names = new Set(locked.map((one) => one.name))
  const here = new Set(job.lock.models.map(({ source }) => sourceIdentity(source, '/')))
  const packages = possible.filter((line) => !names.has(requirementName(line) ?? ''))
  const sources = models.map(({ url }) => url).filter((url) => !here.has(sourceIdentity(url, '/')))
  if (isWanted && packages.length > 0)
    ctx.emit({
      type: 'warning',
      code: 'PACK_INSTALL_PACKAGES',
      params: { name, packages: shorten(packages) },
    })
  if (sources.length > 0)
    ctx.emit({
      type: 'warning',
      code: 'PACK_INSTALL_MODELS',
      params: { name, id: job.id, sources: shorten(sources) },
    })
}

function shorten(items: readonly string[]): string {
  return [...items.slice(0, SHOWN), ...(items.length > SHOWN ? ['…'] : [])].join(', ')
}
