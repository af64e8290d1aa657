import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import { readTextIfExists, writeAtomic } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import type { Spec } from '../spec/types.ts'
import { diffLocks, type LockChange } from './lock-diff.ts'
import { parseLock } from './lock-schema.ts'
import { lockText } from './lock-text.ts'
import type { LoadedSpec } from './load-spec.ts'
import { fullCommit, resolveRepos, wantedRef, type RepoRequest } from './resolve-repos.ts'
import type { Lock, LockRepo } from './types.ts'

export interface ResolveOptions {
  /** Ask the remotes again for every pin that follows a branch or tag. */
  refresh: boolean
  offline: boolean
}

export interface Resolution {
  lock: Lock
  text: string
  file: string
  changes: LockChange[]
  /** True when the file on disk already has these bytes. */
  unchanged: boolean
}

/**
 * Pin a spec. Pins of an existing lock are kept while the spec asks for the same (R25, R27), so an
 * unchanged spec gives the same bytes without any network. Nothing is written.
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
  const [comfy, ...packs] = await resolveRepos(ctx, requestsOf(spec, old, options), options.offline)
  const lock: Lock = {
    schema_version: 1,
    version_id: spec.version_id,
    comfy: comfy ?? { ...spec.comfy },
    custom_nodes: spec.custom_nodes.map((pack, index) => ({
      ...(packs[index] ?? { repo: pack.repo, ref: pack.ref, commit: null }),
      name: pack.name,
      install_requirements: pack.install_requirements,
    })),
    models: loaded.models.map(({ model, target_path }) => ({
      source: model.source,
      target_path,
      root: model.target.root,
      checksum: model.checksum,
    })),
    python_packages: spec.python_packages,
    env: spec.env,
    options: spec.options,
  }
  const text = lockText(lock)
  return { lock, text, file, changes: diffLocks(old, lock), unchanged: text === before }
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

function requestsOf(spec: Spec, old: Lock | null, options: ResolveOptions): RepoRequest[] {
  const keep = (wanted: Spec['comfy'], known: LockRepo | undefined): RepoRequest => ({
    wanted,
    known:
      known !== undefined && (options.offline || !options.refresh) && isSamePin(wanted, known)
        ? pinOf(known)
        : null,
  })
  return [
    keep(spec.comfy, old?.comfy),
    ...spec.custom_nodes.map((pack) =>
      keep(
        pack,
        old?.custom_nodes.find((known) => known.name === pack.name),
      ),
    ),
  ]
}

function isSamePin(wanted: Spec['comfy'], known: LockRepo): boolean {
  if (known.repo !== wanted.repo || known.commit === null) return false
  return fullCommit(wanted) === null && known.ref === wantedRef(wanted)
}

function pinOf({ repo, ref, commit }: LockRepo): LockRepo {
  return { repo, ref, commit }
}
