import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { redact } from '../core/redact.ts'
import { lookUpModels } from '../models/look-up-models.ts'
import { lstatIfExists } from '../platform/files.ts'
import { isComplete } from '../platform/checkout-tree.ts'
import { cachePaths, homeOf, homePaths, modelsDirOf } from '../platform/paths.ts'
import { installedPackages } from '../python/installed-packages.ts'
import { parsePylock } from '../python/pylock.ts'
import { readVenv } from '../python/venv-state.ts'
import { createJob, type JobPack } from '../realize/job.ts'
import { stateOf, type VersionState } from '../realize/list-versions.ts'
import { readPackRecord } from '../realize/pack-record.ts'
import { findPylock, scriptsOf } from '../realize/python-lock.ts'
import { loadSpec, type LoadedSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { resolveVersion, type Resolution } from '../resolve/resolve.ts'
import type { LockCore, LockModel, LockPack } from '../resolve/types.ts'
import type { SpecOptions } from '../spec/types.ts'
import { shownStates, type ShownState } from './state/version-state.ts'

export interface ShownVersion {
  version_id: string
  state: VersionState['state']
  paths: {
    spec: string
    /** null: there is none. */
    lock: string | null
    pylock: string | null
    home: string
    models_dir: string
  }
  /** True when the lock answers everything that the spec asks for. */
  pinned: boolean
  core: ShownRepo
  packs: ShownPack[]
  models: ShownModel[]
  python: {
    /** What the spec or the environment asks for. */
    requested: string | null
    /** Of the venv; null: there is none. */
    version: string | null
    /** Packages of the Python lock; null: there is none. */
    locked: number | null
    installed: number | null
    /** `python_packages` of the spec. */
    extra: string[]
    /** What install scripts of packs added to the requirements of the Python lock. */
    scripts: { pack: string; requirements: string[] }[]
  }
  /** Names alone: values may be secrets. */
  env: string[]
  options: SpecOptions
}

export interface ShownRepo {
  repo: string
  ref: string | null
  /** null: not pinned yet. */
  commit: string | null
  in_cache: boolean
}

export interface ShownPack extends Omit<ShownRepo, 'repo'> {
  name: string
  /** null: a package of the registry. */
  repo: string | null
  /** The folder of the repository that is used. */
  subdir: string | null
  registry: { id: string; version: string | null } | null
  /** null: the import check has not seen it. */
  imports: boolean | null
  nodes: number | null
  reason: string | null
  /** What its folder holds besides the pack; null: nothing, or nobody can tell. */
  state: ShownState | null
}

export interface ShownModel {
  source: string
  /** Absolute target. */
  path: string
  present: boolean
  /** Bytes, when known here. */
  size: number | null
  checksum: string | null
  /** Why it cannot be placed, such as another file at its target. */
  problem: string | null
}

/**
 * Everything that is known on this machine about a version. Nothing is asked and nothing is written.
 * @throws SPEC_NOT_FOUND, SPEC_INVALID, LOCK_INVALID, HOME_OTHER_VERSION
 */
export async function showVersion(ctx: Ctx, selector: SpecSelector): Promise<ShownVersion> {
  const loaded = loadSpec(ctx, selector)
  const quiet = { ...ctx, emit: ignoreEvents } // an unknown commit is shown as such
  const resolution = await resolveVersion(quiet, loaded, {
    refresh: false,
    offline: true,
    partial: true,
  })
  const { lock } = resolution
  const { settings } = ctx
  const id = lock.version_id
  const home = homeOf(settings, id)
  const packs = packsOf(ctx, loaded, resolution)
  return {
    version_id: id,
    state: stateOf(settings, id, loaded.text),
    paths: pathsOf(ctx, loaded.file, id),
    pinned: lock.comfy.commit !== null && lock.custom_nodes.every(isPinned),
    core: repoOf(lock.comfy, packs.coreInCache),
    packs: packs.shown,
    models: lock.models.map((model) => modelOf(ctx, home, model)),
    python: {
      requested: settings.python ?? lock.env['COMFY_PYTHON'] ?? null,
      ...packagesOf(ctx, id),
      extra: lock.python_packages.map(redact),
    },
    env: Object.keys(lock.env),
    options: lock.options,
  }
}

function isPinned({ commit, registry }: LockPack): boolean {
  return (registry === null ? commit : registry.version) !== null
}

function pathsOf({ settings }: Ctx, spec: string, id: string): ShownVersion['paths'] {
  const cache = cachePaths(settings.cacheRoot)
  const home = homeOf(settings, id)
  const ifThere = (path: string) => (lstatIfExists(path) === null ? null : path)
  return {
    spec,
    lock: ifThere(cache.lock(id)),
    pylock: ifThere(cache.pylock(id)),
    home,
    models_dir: modelsDirOf(settings, home),
  }
}

/** Where checkouts lie is known only to a job, and there is none without the core's commit. */
function packsOf(
  ctx: Ctx,
  loaded: LoadedSpec,
  { lock, text }: Resolution,
): { coreInCache: boolean; shown: ShownPack[] } {
  const job =
    lock.comfy.commit === null
      ? null
      : createJob(ctx, {
          specText: loaded.text,
          lock,
          lockText: text,
          check: 'none',
          upgrade: false,
        })
  const entries: JobPack[] =
    job?.packs ?? lock.custom_nodes.map((pack) => ({ pack, origin: null, checkout: null }))
  const states = shownStates(ctx, loaded)
  return {
    coreInCache: job !== null && isComplete(job.core),
    shown: entries.map((entry) => packOf(entry, states.get(entry.pack.name) ?? null)),
  }
}

function packOf({ pack, checkout }: JobPack, state: ShownState | null): ShownPack {
  const record = checkout === null ? null : readPackRecord(checkout.record)
  return {
    name: pack.name,
    repo: pack.repo === null ? null : redact(pack.repo),
    ref: pack.ref,
    commit: pack.commit,
    subdir: pack.subdir,
    registry:
      pack.registry === null ? null : { id: pack.registry.id, version: pack.registry.version },
    in_cache: checkout !== null && isComplete(checkout),
    imports: record?.ok ?? null,
    nodes: record?.nodes.length ?? null,
    reason: record?.reason ?? null,
    state,
  }
}

function repoOf({ repo, ref, commit }: LockCore, inCache: boolean): ShownRepo {
  return { repo: redact(repo), ref, commit, in_cache: inCache }
}

function modelOf(ctx: Ctx, home: string, model: LockModel): ShownModel {
  const { source, checksum, target_path: path } = model
  const shown = {
    source: redact(source),
    checksum: checksum === null ? null : `${checksum.algorithm}:${checksum.hex}`,
  }
  try {
    const modelsDir = modelsDirOf(ctx.settings, home)
    const [found] = lookUpModels(ctx, { modelsDir, home }, [model], '/')
    if (found === undefined) return { ...shown, path, present: false, size: null, problem: null }
    return { ...shown, path: found.path, present: found.present, size: found.size, problem: null }
  } catch (error) {
    if (!(error instanceof ComfypinError)) throw error
    return { ...shown, path, present: false, size: null, problem: error.message }
  }
}

function packagesOf(
  { settings }: Ctx,
  id: string,
): Pick<ShownVersion['python'], 'version' | 'locked' | 'installed' | 'scripts'> {
  const file = cachePaths(settings.cacheRoot).pylock(id)
  const text = findPylock(settings, id)
  const venv = readVenv(homePaths(homeOf(settings, id)).venv)
  return {
    version: venv?.version ?? null,
    locked: text === null ? null : parsePylock(text, file).length,
    installed: venv === null ? null : installedPackages(venv.sitePackages).length,
    scripts: scriptsOf(text ?? '').map(({ pack, requirements }) => ({
      pack,
      requirements: requirements.map(redact),
    })),
  }
}
