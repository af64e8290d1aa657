import { join } from 'node:path'
import { CORE_NODE_FILES, coreTypesIn } from '../../comfy/core-types.ts'
import type { Ctx } from '../../core/context.ts'
import { parseAddress } from '../../git/address.ts'
import { checkoutPaths } from '../../git/checkout.ts'
import { isComplete } from '../../platform/checkout-tree.ts'
import { cachePaths } from '../../platform/paths.ts'
import { namesOrNone, readSmallText } from '../../platform/small-files.ts'
import { CORE_TYPES } from './core-type-list.ts'
import { knownLocks } from './known-locks.ts'

/**
 * Node types that ComfyUI has of its own: of the release that comfypin has a list of, and of every
 * core that a version of this machine uses, as its source in the cache says.
 */
export function knownCoreTypes(ctx: Ctx): ReadonlySet<string> {
  const cache = cachePaths(ctx.settings.cacheRoot)
  const trees = knownLocks(ctx).flatMap(({ comfy: { repo, commit } }) => {
    const paths = commit === null ? null : checkoutPaths(cache, parseAddress(repo, '/'), commit)
    return paths !== null && isComplete(paths) ? [paths.tree] : []
  })
  return new Set([...CORE_TYPES, ...[...new Set(trees)].flatMap(typesIn)])
}

const MAX_BYTES = 4 * 2 ** 20

function typesIn(tree: string): string[] {
  return CORE_NODE_FILES.flatMap(({ folder, name }) => {
    const dir = join(tree, folder)
    const files = namesOrNone(dir).filter((file) => name.test(file))
    return files.flatMap((file) => coreTypesIn(readSmallText(join(dir, file), MAX_BYTES) ?? ''))
  })
}
