import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import type { CheckoutPaths } from '../platform/checkout-tree.ts'
import type { CachePaths } from '../platform/paths.ts'
import { readTreeFiles, writeTreeFiles, type FileFact } from '../platform/tree-files.ts'
import { parseAddress, type RepoAddress } from './address.ts'
import { fetchLfs } from './lfs.ts'
import { readPointer, type LfsPointer } from './lfs-pointers.ts'

/**
 * Try once more to get the LFS files that a whole checkout lacks. The one thing that changes in a
 * checkout after it was made: a pointer becomes its file, each in one step.
 * @returns true when some came
 */
export async function fetchMissing(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  paths: CheckoutPaths,
): Promise<boolean> {
  const known = readTreeFiles(paths.files) ?? { files: {}, missing: [] }
  const { files, missing } = known
  const found: Record<string, FileFact> = {}
  const left = [...missing]
  for (const repo of new Set(missing.map((one) => one.repo))) {
    const pointers = missing
      .filter((one) => one.repo === repo)
      .flatMap(({ path }): LfsPointer[] => {
        const pointer = readPointer(join(paths.tree, path))
        return pointer === null ? [] : [{ path, ...pointer }]
      })
    const from = repo === null ? address : parseAddress(repo, '/')
    const request = { address: from, dir: paths.tree, pointers, donor: null, tmp: cache.tmp }
    const lfs = await fetchLfs(ctx, request)
    Object.assign(found, lfs.files)
    left.splice(0, left.length, ...left.filter(({ path }) => !Object.hasOwn(lfs.files, path)))
  }
  if (Object.keys(found).length === 0) return false
  writeTreeFiles(paths.files, { ...known, files: { ...files, ...found }, missing: left })
  return true
}
