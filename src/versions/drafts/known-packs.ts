import type { Ctx } from '../../core/context.ts'
import { pathsOfFolder } from '../../platform/checkout-tree.ts'
import { cachePaths } from '../../platform/paths.ts'
import { originPaths, packOrigin } from '../../realize/origin.ts'
import { readPackRecord } from '../../realize/pack-record.ts'
import type { LockPack } from '../../resolve/types.ts'
import { knownLocks } from './known-locks.ts'

/** A pack that was imported on this machine, with the node types that it had. */
export interface KnownPack {
  source: PackSource
  nodes: readonly string[]
}

/** Where a pack comes from; the pin is null where it is not known. */
export type PackSource =
  | { repo: string; commit: string | null; folder: PackFolder | null }
  | { registry: string; version: string | null }

/** A pack that is one folder of a repository, and what it is called. */
export interface PackFolder {
  subdir: string
  name: string
}

/** What the import checks of all versions of this machine have learned. */
export function knownPacks(ctx: Ctx): KnownPack[] {
  const cache = cachePaths(ctx.settings.cacheRoot)
  const packs = knownLocks(ctx).flatMap(({ custom_nodes }) => custom_nodes)
  return packs.flatMap((pack) => {
    const [origin, source] = [packOrigin(pack), sourceOf(pack)]
    if (origin === null || source === null) return []
    const { record } = pathsOfFolder(originPaths(cache, origin), pack.subdir)
    const known = readPackRecord(record)
    return known?.ok === true ? [{ source, nodes: known.nodes }] : []
  })
}

function sourceOf({ repo, commit, registry, subdir, name }: LockPack): PackSource | null {
  if (registry !== null) return { registry: registry.id, version: registry.version }
  if (repo === null) return null
  return { repo, commit, folder: subdir === null ? null : { subdir, name } }
}
