import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { isComfypinError } from '../../core/errors.ts'
import { parseAddress } from '../../git/address.ts'
import { checkoutPaths } from '../../git/checkout.ts'
import { cachePaths } from '../../platform/paths.ts'
import { namesOrNone, readSmallText } from '../../platform/small-files.ts'
import { readPackRecord } from '../../realize/pack-record.ts'
import { parseLock } from '../../resolve/lock-schema.ts'
import type { LockPack } from '../../resolve/types.ts'

/** A pack that was imported on this machine, with the node types that it had. */
export interface KnownPack {
  repo: string
  commit: string
  nodes: readonly string[]
}

/** What the import checks of all versions of this machine have learned of whole repositories. */
export function knownPacks(ctx: Ctx): KnownPack[] {
  const cache = cachePaths(ctx.settings.cacheRoot)
  const packs = namesOrNone(cache.resolved)
    .filter((name) => name.endsWith('.lock.json'))
    .flatMap((name) => lockedPacks(join(cache.resolved, name)))
  return packs.flatMap(({ repo, commit, subdir }) => {
    if (repo === null || commit === null || subdir !== null) return []
    const record = readPackRecord(checkoutPaths(cache, parseAddress(repo, '/'), commit).record)
    return record?.ok ? [{ repo, commit, nodes: record.nodes }] : []
  })
}

const MAX_BYTES = 16 * 2 ** 20

function lockedPacks(file: string): LockPack[] {
  try {
    return parseLock(readSmallText(file, MAX_BYTES) ?? '', file, '').custom_nodes
  } catch (error) {
    if (isComfypinError(error)) return [] // a damaged lock of another version knows nothing
    throw error
  }
}
