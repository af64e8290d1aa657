import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { systemCode } from '../core/errors.ts'
import { isComplete } from '../platform/checkout-tree.ts'
import { readlinkIfExists, readTextIfExists } from '../platform/files.ts'
import { installedPackages } from '../python/installed-packages.ts'
import { parsePylock } from '../python/pylock.ts'
import { pendingBytecode } from '../python/pending-bytecode.ts'
import { readVenv, type Venv } from '../python/venv-state.ts'
import { checkoutState } from './checkout-state.ts'
import type { CheckoutState, Facts } from './facts.ts'
import { availablePacks, type JobPack, type RealizeJob } from './job.ts'
import { lateFiles } from './late-files.ts'
import { observeModels } from './models.ts'
import { copyRule } from './copy-rule.ts'
import { observeArchives } from './observe-archives.ts'
import { copiesIn, writtenFiles } from './pack-folder.ts'
import { isRecordValid, readPackRecord } from './pack-record.ts'
import { hollowFolders, placedLinks } from './placed-links.ts'
import { checkContext, currentPythonLock, scriptsOf, twinsOf } from './python-lock.ts'
import { isCoreCurrent } from './steps/core.ts'
import { compiledMark } from './steps/bytecode.ts'
import { isHomeCurrent } from './steps/home.ts'
import { isNumbaWarm } from './steps/numba.ts'
import { pythonRequestMark, pythonRequestText } from './steps/venv.ts'

export interface ObserveOptions {
  /** Ask the sources for sizes that nobody knows yet (network). */
  askSizes: boolean
}

/** Read what a plan needs to know from disk. Nothing is written. */
export async function observe(ctx: Ctx, job: RealizeJob, options: ObserveOptions): Promise<Facts> {
  const venv = readVenv(job.home.venv)
  const lock = job.upgrade ? null : currentPythonLock(job, venv?.version ?? null)
  const context = lock === null ? null : checkContext(job, lock)
  const copies = copiesIn(job.home.packs)
  const placed = placedLinks(job)
  const records = new Map(job.packs.map((entry) => [entry.pack.name, recordOf(entry)]))
  const needsCopy = copyRule(job)
  const copied = job.packs.filter((one) => needsCopy(one, records.get(one.pack.name) ?? null))
  const needCopy = new Set(copied.map(({ pack }) => pack.name))
  // A home that has them already looks at their files when asked (`--check`).
  const isTrusted = job.before?.lock === job.lockText && job.check !== 'all'
  return {
    core: await checkoutState(
      ctx,
      job.cache,
      { origin: job.core.origin, checkout: job.core },
      isTrusted,
    ),
    packs: await packStates(ctx, job, isTrusted),
    archives: await observeArchives(ctx, job, options.askSizes),
    compiled: compiledPaths(job, venv),
    pythonLock: {
      current: lock !== null,
      packages: lock === null ? null : parsePylock(lock, job.cache.pylock(job.id)),
      twins: lock === null ? [] : twinsOf(lock),
      scripts: lock === null ? [] : scriptsOf(lock),
    },
    venv: {
      state: venvState(job, venv),
      installed: venv === null ? [] : installedPackages(venv.sitePackages),
    },
    models: await observeModels(ctx, job, options.askSizes),
    placed,
    hollow: hollowFolders(job),
    entries: readEntries(job.home.customNodes),
    copies,
    needCopy,
    idle: new Set(idleCopies(job, { copies, placed, needCopy })),
    behind: new Set(copiesBehind(job, copies)),
    unchecked: availablePacks(job).flatMap(({ pack }) => {
      const known = job.check !== 'all' && isRecordValid(records.get(pack.name) ?? null, context)
      return known ? [] : [pack.name]
    }),
    homeCurrent: isHomeCurrent(job),
    coreCurrent: isComplete(job.core) && isCoreCurrent(job),
  }
}

function recordOf({ checkout }: JobPack) {
  return checkout === null ? null : readPackRecord(checkout.record)
}

async function packStates(
  ctx: Ctx,
  job: RealizeJob,
  isTrusted: boolean,
): Promise<Map<string, CheckoutState>> {
  const states = job.packs.map(
    async (entry) =>
      [entry.pack.name, await checkoutState(ctx, job.cache, entry, isTrusted)] as const,
  )
  return new Map(await Promise.all(states))
}

/** Whoever else asked for the LFS files of a shared checkout got them for every home. */
function copiesBehind(job: RealizeJob, copies: Facts['copies']): string[] {
  return job.packs.flatMap(({ pack: { name }, checkout }) => {
    if (checkout === null || copies.get(name) !== checkout.dir) return []
    return lateFiles(join(job.home.customNodes, name), checkout).length === 0 ? [] : [name]
  })
}

/**
 * A copy may outlive its reason: it was made for a model that left the spec. One in which anybody
 * keeps something stays. A lock that lacks models only because their names are not known says nothing.
 */
function idleCopies(
  job: RealizeJob,
  { copies, placed, needCopy }: Pick<Facts, 'copies' | 'placed' | 'needCopy'>,
): string[] {
  if (job.isPartial) return []
  const leaving = new Set(placed)
  return [...copies].flatMap(([name, from]) => {
    const path = join(job.home.customNodes, name)
    const isThere = existsSync(path) && existsSync(from) && readlinkIfExists(path) === null
    if (needCopy.has(name) || !isThere) return []
    const own = writtenFiles(path, from)
    return own.every((file) => leaving.has(`custom_nodes/${name}/${file}`)) ? [name] : []
  })
}

function venvState(job: RealizeJob, venv: Venv | null): Facts['venv']['state'] {
  if (venv === null) return 'absent'
  return readTextIfExists(pythonRequestMark(job)) === pythonRequestText(job)
    ? 'ready'
    : 'other-python'
}

function compiledPaths(job: RealizeJob, venv: Venv | null): Set<string> {
  if (venv === null) return new Set()
  const trees = [job.core, ...job.packs.map(({ checkout }) => checkout)].flatMap((paths) =>
    paths === null ? [] : [paths.tree],
  )
  const compiled = trees.filter((dir) => existsSync(compiledMark(dir, venv.version)))
  const isVenvDone = pendingBytecode(venv).length === 0 && isNumbaWarm(job)
  return new Set(isVenvDone ? [...compiled, venv.dir] : compiled)
}

function readEntries(customNodes: string): Facts['entries'] {
  try {
    return new Map(
      readdirSync(customNodes).map((name) => {
        const link = readlinkIfExists(join(customNodes, name))
        return [name, link === null ? 'dir' : { link }]
      }),
    )
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return new Map()
    throw error
  }
}
