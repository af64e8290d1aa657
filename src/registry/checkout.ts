import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import {
  isComplete,
  pathsOfTree,
  repairChanges,
  replaceTree,
  withTreeLock,
  type CheckoutPaths,
  type Repair,
} from '../platform/checkout-tree.ts'
import type { CachePaths } from '../platform/paths.ts'
import { changedAmong, readTreeFiles, writeTreeFiles } from '../platform/tree-files.ts'
import { extractArchive } from './extract.ts'
import type { RegistryPin } from './types.ts'

/** `checkouts/<host of the archive>/<id>@<version>-<start of its hash>`. */
export function packagePaths(
  cache: CachePaths,
  { id, version, url, sha256 }: RegistryPin,
): CheckoutPaths {
  const { hostname, port } = new URL(url)
  const host = port === '' ? hostname : `${hostname}+${port}`
  return pathsOfTree(join(cache.checkouts, host, `${id}@${version}-${sha256.slice(0, 12)}`))
}

/** The archive's place: named by its content, so that it is there or it is not. */
export function archivePath(cache: CachePaths, { sha256 }: Pick<RegistryPin, 'sha256'>): string {
  return join(cache.archives, `${sha256}.zip`)
}

/**
 * The immutable tree of a registry package, from its verified archive in the cache.
 * @returns true when it was made, false when it was there
 * @throws ARCHIVE_REFUSED, DISK_WRITE, INTERRUPTED
 */
export async function ensurePackage(
  ctx: Ctx,
  cache: CachePaths,
  pin: RegistryPin,
): Promise<boolean> {
  const paths = packagePaths(cache, pin)
  if (isComplete(paths)) return false
  return withTreeLock(ctx, cache, paths, async () => {
    if (isComplete(paths)) return false
    await unpack(ctx, cache, pin)
    return true
  })
}

/** As `repairCheckout`. */
export async function repairPackage(
  ctx: Ctx,
  cache: CachePaths,
  pin: RegistryPin,
): Promise<Repair | null> {
  return repairChanges(ctx, cache, packagePaths(cache, pin), {
    changedFiles: () => changedInPackage(ctx, cache, pin),
    make: () => unpack(ctx, cache, pin),
  })
}

function unpack(ctx: Ctx, cache: CachePaths, pin: RegistryPin): Promise<void> {
  return replaceTree(cache, packagePaths(cache, pin), async (staged) => {
    const files = await extractArchive(ctx, archivePath(cache, pin), staged.tree, pin)
    writeTreeFiles(staged.files, { files, missing: [] })
  })
}

/** Files that somebody changed, removed or added (bytecode apart), as paths below the tree. */
export async function changedInPackage(
  ctx: Ctx,
  cache: CachePaths,
  pin: RegistryPin,
): Promise<string[]> {
  const { tree, files } = packagePaths(cache, pin)
  const known = readTreeFiles(files)?.files ?? {}
  return (await changedAmong(ctx, tree, { files: known, folders: [''] })).toSorted()
}
