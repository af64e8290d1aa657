import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { readTextIfExists, writeAtomic } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import type { Spec, SpecRepo } from '../spec/types.ts'
import { diffLocks, type LockChange } from './lock-diff.ts'
import { parseLock } from './lock-schema.ts'
import { lockText } from './lock-text.ts'
import type { LoadedSpec } from './load-spec.ts'
import { pinnedPack } from './resolve-pack.ts'
import { resolvePackages, type PackageRequest } from './resolve-packages.ts'
import { resolveModels } from './resolve-models.ts'
import { fullCommit, resolveRepos, wantedRef, type RepoRequest } from './resolve-repos.ts'
import { settleAll } from './settle-all.ts'
import type { Lock, LockRepo } from './types.ts'

export interface ResolveOptions {
  /** Ask the remotes again for every pin that follows a branch or tag. */
  refresh: boolean
  offline: boolean
  /** Leave no archive of a registry package in the cache (default false). */
  readOnly?: boolean
  /** Offline, leave out models whose names only their servers know, each with a warning (default false). */
  partial?: boolean
}

export interface Resolution {
  lock: Lock
  text: string
  file: string
  changes: LockChange[]
  /** Sources of models that were left out. */
  unnamed: readonly string[]
  /** True when the file on disk already has these bytes. */
  unchanged: boolean
}

/**
 * Pin a spec. Pins of an existing lock are kept while the spec asks for the same (R25, R27), so an
 * unchanged spec gives the same bytes without any network. Nothing is written but archives of
 * registry packages, whose hash is known in no other way: they stay in the cache.
 */
export async function resolveVersion(
  ctx: Ctx,
  loaded: LoadedSpec,
  options: ResolveOptions,
): Promise<Resolution> {
  const { spec } = loaded
  const file = cachePaths(ctx.settings.cacheRoot).lock(spec.version_id)
  const before = readTextIfExists(file)
  const old = before === null ? null : readOld(before, file, spec.version_id, options)
  const pins = resolvePins(ctx, spec, old, options)
  const unnamed: string[] = []
  const isPartial = options.offline && options.partial === true
  const models = resolveModels(ctx, loaded, old?.models ?? [], {
    offline: options.offline,
    leaveOut: isPartial ? ({ source }) => void unnamed.push(source) : null,
  })
  await settleAll<unknown>([pins, models])
  const lock: Lock = {
    schema_version: 1,
    version_id: spec.version_id,
    ...(await pins),
    models: await models,
    python_packages: spec.python_packages,
    python_overrides: spec.python_overrides,
    python_twins: spec.python_twins,
    env: spec.env,
    options: spec.options,
  }
  for (const name of unnamed.map(redact))
    ctx.emit({ type: 'warning', code: 'OFFLINE_MODEL_MISSING', params: { name } })
  const text = lockText(lock)
  return { lock, text, file, changes: diffLocks(old, lock), unnamed, unchanged: text === before }
}

/** A damaged lock is no obstacle to making it again, as its error recommends. */
function readOld(
  text: string,
  file: string,
  id: string,
  { refresh, offline }: ResolveOptions,
): Lock | null {
  try {
    return parseLock(text, file, id)
  } catch (error) {
    if (hasCode(error, 'LOCK_INVALID') && refresh && !offline) return null
    throw error
  }
}

/** Write the lock when its bytes changed. */
export function saveLock(resolution: Resolution): void {
  if (!resolution.unchanged) writeAtomic(resolution.file, resolution.text)
}

/** Git and registry are asked at the same time. */
async function resolvePins(
  ctx: Ctx,
  { comfy, custom_nodes: packs }: Spec,
  old: Lock | null,
  options: ResolveOptions,
): Promise<Pick<Lock, 'comfy' | 'custom_nodes'>> {
  const known = new Map(old?.custom_nodes.map((pack) => [pack.name, pack]))
  const isKept = options.offline || !options.refresh
  const repos = packs.flatMap((pack): RepoRequest[] =>
    pack.repo === null
      ? []
      : [requestOf({ ...pack, repo: pack.repo }, isKept ? known.get(pack.name) : undefined)],
  )
  const packages = packs.flatMap(({ name, registry }): PackageRequest[] =>
    registry === null
      ? []
      : [{ wanted: registry, known: known.get(name)?.registry ?? null, isKept }],
  )
  const git = resolveRepos(
    ctx,
    [requestOf(comfy, isKept ? old?.comfy : undefined), ...repos],
    options.offline,
  )
  const registry = resolvePackages(ctx, packages, options)
  await settleAll<unknown>([git, registry])
  const [core = { ...comfy }, ...commits] = await git
  const pins = await registry
  return {
    comfy: core,
    custom_nodes: packs.map((pack) =>
      pack.registry === null
        ? pinnedPack(pack, commits.shift() ?? null, null)
        : pinnedPack(pack, null, pins.shift() ?? null),
    ),
  }
}

function requestOf(spec: SpecRepo, known: LockRepo | undefined): RepoRequest {
  const wanted: SpecRepo = { repo: spec.repo, ref: spec.ref, commit: spec.commit }
  if (known === undefined || !isSamePin(wanted, known)) return { wanted, known: null }
  return { wanted, known: { repo: wanted.repo, ref: known.ref, commit: known.commit } }
}

function isSamePin(wanted: SpecRepo, known: LockRepo): boolean {
  if (known.repo !== wanted.repo || known.commit === null) return false
  return fullCommit(wanted) === null && known.ref === wantedRef(wanted)
}
