import type { Ctx } from '../core/context.ts'
import { cachePaths } from '../platform/paths.ts'
import { createHttpAgents, destroyAgents, type HttpAgents } from '../platform/open-url.ts'
import { findVersion } from '../registry/find-version.ts'
import { loadRanges } from '../registry/version-range.ts'
import type { SpecRegistry } from '../spec/types.ts'
import { hashArchive, isArchiveHere, keepArchive } from './registry-archive.ts'
import { settleAll } from './settle-all.ts'
import type { LockRegistry } from './types.ts'

/** A registry pack of the spec and what the lock already knows of it. */
export interface PackageRequest {
  wanted: SpecRegistry
  known: LockRegistry | null
  /** False: the registry is asked even when the known version still satisfies the spec. */
  isKept: boolean
}

/**
 * Pin every registry pack to a version and the hash of its archive, all at once. A known version
 * that satisfies the spec costs no request. The registry tells no hash, so the archive of a new pin
 * is downloaded here.
 * @throws REGISTRY_FAILED, REGISTRY_NOT_FOUND, REGISTRY_BANNED, what a download throws
 */
export async function resolvePackages(
  ctx: Ctx,
  requests: readonly PackageRequest[],
  options: { offline: boolean; readOnly?: boolean },
): Promise<LockRegistry[]> {
  if (requests.length === 0) return []
  const agents = createHttpAgents()
  try {
    return await settleAll(requests.map((request) => resolveOne(ctx, request, options, agents)))
  } finally {
    destroyAgents(agents)
  }
}

async function resolveOne(
  ctx: Ctx,
  { wanted, known, isKept }: PackageRequest,
  { offline, readOnly = false }: { offline: boolean; readOnly?: boolean },
  agents: HttpAgents,
): Promise<LockRegistry> {
  const isSame = known?.id === wanted.id && known.version !== null
  if (isSame && isKept && (await stillSatisfies(known.version, wanted.version))) return known
  if (offline) {
    ctx.emit({ type: 'warning', code: 'OFFLINE_REGISTRY_UNKNOWN', params: { id: wanted.id } })
    return { id: wanted.id, version: null, url: null, sha256: null }
  }
  const { version, url } = await findVersion(ctx, agents, wanted.id, wanted.version)
  const isKnown = isSame && known.version === version && known.url === url
  // A version is published once: its archive need not be fetched again to know its hash.
  if (isKnown && isArchiveHere(cachePaths(ctx.settings.cacheRoot), known)) return known
  const archive = { id: wanted.id, version, url }
  const sha256 = await (readOnly ? hashArchive : keepArchive)(ctx, archive, agents)
  return { ...archive, sha256 }
}

async function stillSatisfies(version: string, wanted: string | null): Promise<boolean> {
  if (wanted === null || wanted === version) return true
  return (await loadRanges()).satisfies(version, wanted)
}
