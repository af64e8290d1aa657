import type { Ctx } from '../core/context.ts'
import { redact } from '../core/redact.ts'
import { readTextIfExists, writeAtomic } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import type { Spec, SpecPack, SpecRepo } from '../spec/types.ts'
import { readKnownLock } from './known-lock.ts'
import { diffLocks, type LockChange } from './lock-diff.ts'
import { lockText } from './lock-text.ts'
import type { LoadedSpec } from './load-spec.ts'
import { pinnedPack } from './resolve-pack.ts'
import { resolvePackages, type PackageRequest } from './resolve-packages.ts'
import { resolveModels } from './resolve-models.ts'
import { fullCommit, resolveRepos, wantedRef, type RepoRequest } from './resolve-repos.ts'
import { settleAll } from './settle-all.ts'
import type { Lock, LockPack, LockRegistry, LockRepo } from './types.ts'

export interface ResolveOptions {
  /** Ask the remotes again for every pin that follows a branch or tag. */
  refresh: boolean
  offline: boolean
  /** Leave no archive of a registry package in the cache (default false). */
  readOnly?: boolean
  /** Pins that count in the place of those of the lock on disk; its id does not matter. */
  known?: Lock
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
 * Pin a spec. Pins of an existing lock, or of the home when the lock is lost, are kept while the spec
 * asks for the same (R25, R27), so an unchanged spec gives the same bytes without any network. Nothing is written but archives of
 * registry packages, whose hash is known in no other way: they stay in the cache.
 */
export async function resolveVersion(
  ctx: Ctx,
  loaded: LoadedSpec,
  options: ResolveOptions,
): Promise<Resolution> {
  const { spec } = loaded
  const file = cachePaths(ctx.settings.cacheRoot).lock(spec.version_id)
  const old = options.known ?? readKnownLock(ctx, spec.version_id, options)
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
  const unchanged = text === readTextIfExists(file)
  return { lock, text, file, changes: diffLocks(old, lock), unnamed, unchanged }
}

/** Write the lock when its bytes changed. */
export function saveLock(resolution: Resolution): void {
  if (!resolution.unchanged) writeAtomic(resolution.file, resolution.text)
}

/** Git and registry are asked at the same time. */
async function resolvePins(
  ctx: Ctx,
  spec: Spec,
  old: Lock | null,
  options: ResolveOptions,
): Promise<Pick<Lock, 'comfy' | 'custom_nodes'>> {
  const { repos, packages } = requestsOf(spec, old, options.offline || !options.refresh)
  const git = resolveRepos(ctx, repos, options.offline)
  const registry = resolvePackages(ctx, packages, options)
  await settleAll<unknown>([git, registry])
  const [core = { ...spec.comfy }, ...commits] = await git
  return { comfy: core, custom_nodes: joinPins(spec.custom_nodes, commits, await registry) }
}

/** What is asked of git, the core first, and of the registry: each in the order of the spec. */
function requestsOf(
  { comfy, custom_nodes: packs }: Spec,
  old: Lock | null,
  isKept: boolean,
): { repos: RepoRequest[]; packages: PackageRequest[] } {
  const known = new Map(old?.custom_nodes.map((pack) => [pack.name, pack]))
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
  return { repos: [requestOf(comfy, isKept ? old?.comfy : undefined), ...repos], packages }
}

/** Each pack takes the next answer of the one that was asked about it. */
function joinPins(
  packs: readonly SpecPack[],
  commits: readonly LockRepo[],
  packages: readonly LockRegistry[],
): LockPack[] {
  const [nextCommit, nextPackage] = [commits.values(), packages.values()]
  return packs.map((pack) =>
    pack.registry === null
      ? pinnedPack(pack, nextCommit.next().value ?? null, null)
      : pinnedPack(pack, null, nextPackage.next().value ?? null),
  )
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
