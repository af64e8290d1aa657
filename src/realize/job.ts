import { createHash } from 'node:crypto'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { pathsOfFolder, type CheckoutPaths } from '../platform/checkout-tree.ts'
import {
  cachePaths,
  homePaths,
  homeOf,
  modelsDirOf,
  type CachePaths,
  type HomePaths,
} from '../platform/paths.ts'
import type { Lock, LockPack } from '../resolve/types.ts'
import { readMarker, type Marker } from './marker.ts'
import type { Seeds } from './pack-seed.ts'
import { gitOrigin, isAtHand, originPaths, packOrigin, type Origin } from './origin.ts'
import { expandSpecEnv, pythonRequest } from './spec-env.ts'

/** Everything fixed about one realize: the lock, the places, what was there before. */
export interface RealizeJob {
  id: string
  specText: string
  lock: Lock
  lockText: string
  cache: CachePaths
  home: HomePaths
  modelsDir: string
  before: Marker | null
  offline: boolean
  skipModels: boolean
  check: CheckMode
  /** Take the newest Python packages instead of those locked so far. */
  upgrade: boolean
  /** Models of the spec are not in the lock, because only their servers know their names. */
  isPartial: boolean
  /** State that the spec has for packs, by name. */
  seeds: Seeds
  specEnv: Record<string, string>
  /** What was asked for; null: any that is new enough. */
  python: string | null
  core: CheckoutPaths & { repo: string; commit: string; origin: Origin }
  packs: JobPack[]
}

/** Which packs the import check looks at: those new to the cache, every one, or none. */
export type CheckMode = 'new' | 'all' | 'none'

export interface JobPack {
  pack: LockPack
  /** Both null offline, when the pin is not known. `checkout.dir` is the pack's own folder. */
  origin: Origin | null
  checkout: CheckoutPaths | null
}

export type PresentPack = JobPack & { origin: Origin; checkout: CheckoutPaths }

export interface JobInput {
  specText: string
  lock: Lock
  lockText: string
  check: CheckMode
  upgrade: boolean
  /** Default false. */
  isPartial?: boolean
  /** Default none: nothing of the home is made. */
  seeds?: Seeds
}

/** @throws HOME_OTHER_VERSION, OFFLINE_NO_CORE */
export function createJob(
  ctx: Ctx,
  { specText, lock, lockText, check, upgrade, isPartial = false, seeds = new Map() }: JobInput,
): RealizeJob {
  const { settings } = ctx
  const cache = cachePaths(settings.cacheRoot)
  const home = homeOf(settings, lock.version_id)
  const before = ownMarker(home, lock.version_id)
  const { commit, repo } = lock.comfy
  if (commit === null) throw new ComfypinError('OFFLINE_NO_CORE', { repo })
  const core = gitOrigin(repo, commit)
  const specEnv = expandSpecEnv(lock.env, settings.env)
  return {
    id: lock.version_id,
    specText,
    lock,
    lockText,
    cache,
    home: homePaths(home),
    modelsDir: modelsDirOf(settings, home),
    before,
    offline: settings.offline ?? lock.options.offline,
    skipModels: settings.skipModels ?? lock.options.skip_models,
    check,
    upgrade,
    isPartial,
    seeds,
    specEnv,
    python: pythonRequest(settings, specEnv),
    core: { ...originPaths(cache, core), repo, commit, origin: core },
    packs: lock.custom_nodes.map((pack) => jobPack(cache, pack)),
  }
}

function ownMarker(home: string, id: string): Marker | null {
  const marker = readMarker(home)
  if (marker === null || marker.version_id === id) return marker
  throw new ComfypinError('HOME_OTHER_VERSION', { home, other: marker.version_id, id })
}

/** A pinned pack and its place in the cache. */
export function jobPack(cache: CachePaths, pack: LockPack): JobPack {
  const origin = packOrigin(pack)
  const checkout = origin === null ? null : pathsOfFolder(originPaths(cache, origin), pack.subdir)
  return { pack, origin, checkout }
}

/** Packs that will be in the home: offline, only those that need no network. */
export function availablePacks(job: RealizeJob): PresentPack[] {
  return job.packs.filter(
    (entry): entry is PresentPack =>
      entry.checkout !== null &&
      entry.origin !== null &&
      (!job.offline || isAtHand(job.cache, entry.origin, entry.checkout)),
  )
}

/**
 * How install scripts are read decides packages too: a lock from before is made again, once. It is
 * raised when `pyruntime/install_script` finds other requirements in the same scripts.
 */
const SCRIPT_RULES = 'install scripts 1'

/** Hash of all that decides the Python packages; the first line of the Python lock carries it. */
export function pythonInputs(job: RealizeJob): string {
  const { lock } = job
  const inputs = [
    lock.comfy.commit,
    availablePacks(job).map(({ pack }) => [
      pack.name,
      pack.repo,
      pack.commit,
      pack.install_requirements,
      ...(pack.subdir === null ? [] : [pack.subdir]),
      ...(pack.registry === null ? [] : [pack.registry.sha256]),
    ]),
    lock.python_packages,
    lock.python_overrides,
    lock.python_twins,
    job.python,
    ...(lock.custom_nodes.some((pack) => pack.install_requirements) ? [SCRIPT_RULES] : []),
  ]
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
}
