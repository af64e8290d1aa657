import { isWithin } from '../platform/paths.ts'
import type { Facts } from './facts.ts'
import type { JobPack, RealizeJob } from './job.ts'
import { isAtHand, planCore, planCheckouts } from './plan-checkouts.ts'
import { planModels } from './plan-models.ts'
import { isPackless } from './pack-models.ts'
import { planPython } from './plan-python.ts'
import { planUnlinks } from './plan-unlinks.ts'
import { bytecodeId, checkoutId, firstPackIn } from './step-ids.ts'
import type { CheckoutStep, PackStep, Step, UnlinkStep } from './step.ts'

/**
 * What has to change so that the home matches the lock. Pure: facts in, steps out; steps that
 * change nothing are part of it, so that a plan can be shown whole (`isChange` tells them apart).
 */
export function planRealize(job: RealizeJob, facts: Facts): Step[] {
  const checkouts = [planCore(job, facts), ...planCheckouts(job, facts)]
  const python = planPython(job, facts, checkouts)
  const check = planCheck(facts, job, checkouts)
  const packless = packlessModels(job, facts)
  const unlinks = planUnlinks(job, facts, packless)
  const packs = planPacks(job, facts, unlinks, ['home', 'venv', ...check.map(({ id }) => id)])
  return [
    ...checkouts,
    {
      id: 'core',
      kind: 'core',
      needs: ['checkout:core', 'home'],
      action: facts.coreCurrent && facts.core !== 'changed' ? 'reuse' : 'prepare',
      checkout: job.core.dir,
      path: job.core.dir,
    },
    ...python,
    ...planModels({ ...modelsOf(job), packless }, facts.models, packs),
    ...unlinks,
    {
      id: 'home',
      kind: 'home',
      needs: [],
      action: facts.homeCurrent ? 'reuse' : 'write',
      path: job.home.home,
    },
    ...check,
    ...packs,
  ]
}

function modelsOf({ lock: { models }, offline, skipModels }: RealizeJob) {
  return { models, offline, skipModels }
}

function planCheck(facts: Facts, job: RealizeJob, checkouts: readonly CheckoutStep[]): Step[] {
  const packs = facts.unchecked
  if (packs.length === 0) return []
  const trees = checkouts.filter(({ pack }) => pack !== null && packs.includes(pack))
  const needs = [
    'core',
    'packages',
    'bytecode:venv',
    'home',
    'bytecode:core',
    // named beside their bytecode, which may be there while a tree still gets files
    ...trees.map(({ id }) => id),
    ...trees.map(({ pack, path }) => bytecodeId(firstPackIn(job, path) ?? pack)),
  ]
  return [
    { id: 'check', kind: 'check', needs, action: job.check === 'none' ? 'skip' : 'run', packs },
  ]
}

/** Models by index that go into the folder of a pack which neither the lock has nor the user. */
function packlessModels(job: RealizeJob, facts: Facts): Set<number> {
  const isThere = (name: string) => isForeign(job, facts, name) && !facts.hollow.has(name)
  return new Set(
    job.lock.models.flatMap((model, index) =>
      isPackless(model, job.lock, isThere) ? [index] : [],
    ),
  )
}

/** Links to models leave a pack's folder first: what is left of it says whose it is. */
function planPacks(
  job: RealizeJob,
  facts: Facts,
  unlinks: readonly UnlinkStep[],
  others: readonly string[],
): PackStep[] {
  const needsOf = (name: string) => {
    const { path } = packBase(job, name)
    return [...others, ...unlinks.filter((step) => isWithin(path, step.path)).map(({ id }) => id)]
  }
  const wanted = job.packs.map((entry): PackStep => ({
    ...packBase(job, entry.pack.name),
    needs: [...needsOf(entry.pack.name), checkoutId(entry.pack.name)],
    action: placeAction(job, facts, entry),
    checkout: entry.checkout?.dir ?? null,
  }))
  const names = new Set(job.packs.map(({ pack }) => pack.name))
  const removed = [...facts.entries].filter(
    ([name]) => !names.has(name) && !isForeign(job, facts, name),
  )
  return [
    ...wanted,
    ...removed.map(([name, entry]): PackStep => ({
      ...packBase(job, name),
      needs: needsOf(name),
      action: 'remove',
      checkout: entry === 'dir' ? (facts.copies.get(name) ?? null) : entry.link,
    })),
  ]
}

function packBase(job: RealizeJob, name: string) {
  return {
    id: `pack:${name}`,
    kind: 'pack',
    pack: name,
    path: `${job.home.customNodes}/${name}`,
  } as const
}

function placeAction(
  job: RealizeJob,
  facts: Facts,
  { pack, checkout }: JobPack,
): PackStep['action'] {
  const state = facts.packs.get(pack.name)
  if (checkout === null || (job.offline && !isAtHand(state))) return 'missing'
  const entry = facts.entries.get(pack.name)
  if (isForeign(job, facts, pack.name)) return 'foreign'
  if (facts.unchecked.includes(pack.name) && job.check !== 'none') return 'place'
  if (entry === 'dir') {
    const isWhole = !facts.behind.has(pack.name) && (state !== 'partial' || job.offline)
    const isWanted = facts.copies.get(pack.name) === checkout.dir && !facts.idle.has(pack.name)
    return isWhole && isWanted ? 'reuse' : 'place'
  }
  return entry?.link === checkout.dir && !facts.needCopy.has(pack.name) ? 'reuse' : 'place'
}

/**
 * Something in `custom_nodes` that is neither a copy of ours nor a link into the cache, this one or
 * the one of the last realize (R89).
 */
function isForeign(job: RealizeJob, facts: Facts, name: string): boolean {
  const entry = facts.entries.get(name)
  if (entry === undefined) return false
  if (entry === 'dir') return !facts.copies.has(name)
  const before = job.before?.packs.find((pack) => pack.name === name)
  return entry.link !== before?.checkout && !isWithin(job.cache.checkouts, entry.link)
}
