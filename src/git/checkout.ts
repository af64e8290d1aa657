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
import type { RepoAddress } from './address.ts'
import { fetchMissing } from './fetch-missing.ts'
import { storeDir } from './object-store.ts'
import { runGit } from './run-git.ts'
import { writeTree } from './write-tree.ts'

export function checkoutPaths(
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): CheckoutPaths {
  return pathsOfTree(join(cache.checkouts, `${address.key}@${commit}`))
}

/**
 * The immutable tree of `<repo>@<commit>`: fetched, written beside its place, then renamed (R40–R44).
 * LFS files that were not to be had are asked for once more.
 * @returns true when it was made or completed, false when it was there
 * @throws GIT_AUTH, GIT_REMOTE_FAILED, GIT_COMMIT_MISSING, GIT_SUBMODULE_REFUSED, GIT_FAILED,
 *   DISK_WRITE
 */
export async function ensureCheckout(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): Promise<boolean> {
  const paths = checkoutPaths(cache, address, commit)
  const isWhole = () =>
    isComplete(paths) && (readTreeFiles(paths.files)?.missing ?? []).length === 0
  if (isWhole()) return false
  return withTreeLock(ctx, cache, paths, async () => {
    if (isWhole()) return false
    if (isComplete(paths)) return fetchMissing(ctx, cache, address, paths)
    await makeCheckout(ctx, cache, { address, commit, donor: null })
    return true
  })
}

/**
 * Make a checkout that somebody changed again (R41).
 * @returns null when it is as it should be
 * @throws as `ensureCheckout`
 */
export async function repairCheckout(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): Promise<Repair | null> {
  const paths = checkoutPaths(cache, address, commit)
  return repairChanges(ctx, cache, paths, {
    changedFiles: () => changedFiles(ctx, cache, address, commit),
    make: () => makeCheckout(ctx, cache, { address, commit, donor: paths.tree }),
  })
}

interface CheckoutRequest {
  address: RepoAddress
  commit: string
  /** An older tree of the same commit, whose LFS files need not be fetched again. */
  donor: string | null
}

async function makeCheckout(
  ctx: Ctx,
  cache: CachePaths,
  { address, commit, donor }: CheckoutRequest,
): Promise<void> {
  await replaceTree(cache, checkoutPaths(cache, address, commit), async (staged) => {
    const request = { address, commit, dir: staged.tree, index: staged.index, donor }
    const beside = await writeTree(ctx, cache, request)
    const { files, missing, folders = [] } = beside
    if (Object.keys(files).length + missing.length + folders.length > 0)
      writeTreeFiles(staged.files, beside)
  })
}

/**
 * Files of a checkout that somebody changed, removed or added (bytecode apart), as paths below it (R41).
 * Cheap: git compares stat data with its index. Of LFS files it knows the pointers, of submodules
 * nothing: their files have facts of their own.
 */
export async function changedFiles(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): Promise<string[]> {
  const paths = checkoutPaths(cache, address, commit)
  const git = [
    ...[`--git-dir=${storeDir(cache.git, address)}`, `--work-tree=${paths.tree}`],
    // A hard link into a private core tree changes the ctime and nothing else.
    ...['-c', 'core.trustctime=false'],
  ]
  const env = { GIT_INDEX_FILE: paths.index, GIT_OPTIONAL_LOCKS: '0' }
  const [changed, added] = await Promise.all([
    runGit(ctx, [...git, 'diff-files', '--name-only', '-z', '--ignore-submodules=all'], { env }),
    runGit(
      ctx,
      [...git, 'ls-files', '--others', '-z', '--exclude=__pycache__/', '--exclude=*.pyc'],
      { env },
    ),
  ])
  const names = [changed, added].flatMap(({ stdout }) => stdout.split('\0')).filter(Boolean)
  const beside = readTreeFiles(paths.files) ?? { files: {} }
  return [
    ...new Set([
      ...names.filter((name) => !Object.hasOwn(beside.files, name)),
      ...(await changedAmong(ctx, paths.tree, beside)),
    ]),
  ].toSorted()
}
