import { mkdirSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { randomName } from '../platform/files.ts'
import { withLockFile } from '../platform/lock-file.ts'
import type { CachePaths } from '../platform/paths.ts'
import { factsOfFolder, type TreeFiles } from '../platform/tree-files.ts'
import { withoutLogin, type RepoAddress } from './address.ts'
import { fetchLfs } from './lfs.ts'
import { findPointers } from './lfs-pointers.ts'
import { listIndex, type IndexEntry } from './list-index.ts'
import { fetchCommit, storeDir } from './object-store.ts'
import { diskFailure, gitReason, runGit } from './run-git.ts'
import { listSubmodules } from './submodules.ts'

export interface TreeRequest {
  address: RepoAddress
  commit: string
  /** New folder that gets the files. */
  dir: string
  /** New index file with the stat data of every file. */
  index: string
  /** An older copy of the tree, whose LFS files need not be fetched again. */
  donor: string | null
}

/**
 * Write the tree of a commit, with its submodules and the content of its LFS files, into a new folder.
 * @returns what the index does not speak for: LFS files, and the files of submodules
 * @throws GIT_AUTH, GIT_REMOTE_FAILED, GIT_COMMIT_MISSING, GIT_SUBMODULE_REFUSED, GIT_FAILED,
 *   DISK_WRITE
 */
export async function writeTree(
  ctx: Ctx,
  cache: CachePaths,
  request: TreeRequest,
): Promise<TreeFiles> {
  const { address, commit, dir, index, donor } = request
  const store = storeDir(cache.git, address)
  await withStoreLock(ctx, cache, address, () =>
    fetchCommit(ctx, store, cache.tmp, address, commit),
  )
  mkdirSync(dir, { recursive: true })
  await checkOut(ctx, store, request)
  const tree = { address, commit, store, dir, index }
  const entries = await listIndex(ctx, tree)
  const pointers = await findPointers(ctx, tree, entries)
  const lfs = await fetchLfs(ctx, { address, dir, pointers, donor, tmp: cache.tmp })
  return joinFiles([lfs, ...(await writeSubmodules(ctx, cache, request, store, entries))])
}

/** git's own files in a store are changed by one process at a time. */
function withStoreLock<T>(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  work: () => Promise<T>,
): Promise<T> {
  const name = createHash('sha256').update(address.key).digest('hex').slice(0, 24)
  return withLockFile(ctx, join(cache.locks, `git-${name}.lock`), work)
}

async function checkOut(
  ctx: Ctx,
  store: string,
  { address, commit, dir, index }: TreeRequest,
): Promise<void> {
  const git = [`--git-dir=${store}`, `--work-tree=${dir}`, ...PARALLEL]
  for (const args of [
    ['read-tree', commit],
    ['checkout-index', '--all', '--quiet', '--index'],
  ]) {
    const result = await runGit(ctx, [...git, ...args], { env: { GIT_INDEX_FILE: index } })
    if (result.exitCode === 0) continue
    const reason = gitReason(result, ctx.settings.gitTimeoutMs)
    const [verb = ''] = args
    throw (
      diskFailure(result, dir) ??
      new ComfypinError('GIT_FAILED', { verb, repo: address.url, reason })
    )
  }
}

const PARALLEL = ['-c', 'checkout.workers=0', '-c', 'checkout.thresholdForParallelism=200']

async function writeSubmodules(
  ctx: Ctx,
  cache: CachePaths,
  { address, commit, dir, donor }: TreeRequest,
  store: string,
  entries: readonly IndexEntry[],
): Promise<TreeFiles[]> {
  const links = entries.filter(({ mode }) => mode === '160000').map(({ path }) => path)
  const all: TreeFiles[] = [{ files: {}, missing: [], folders: links }]
  for (const submodule of await listSubmodules(ctx, { address, commit, store }, entries)) {
    const { path } = submodule
    const index = join(cache.tmp, `submodule-${randomName()}.index`)
    const place = { dir: join(dir, path), donor: donor === null ? null : join(donor, path) }
    try {
      const inner = await writeTree(ctx, cache, { ...submodule, ...place, index })
      const files = { ...(await factsOfFolder(ctx, place.dir, inner.files)), ...inner.files }
      all.push(below(path, withoutLogin(submodule.address.url), { ...inner, files }))
    } finally {
      rmSync(index, { force: true })
    }
  }
  return all
}

/** The files of a submodule as paths of the tree around it, whose index knows nothing of them. */
function below(path: string, repo: string, { files, missing }: TreeFiles): TreeFiles {
  const moved = Object.entries(files).map(([name, fact]) => [join(path, name), fact] as const)
  return {
    files: Object.fromEntries(moved),
    missing: missing.map((one) => ({
      ...one,
      path: join(path, one.path),
      repo: one.repo ?? repo,
    })),
  }
}

function joinFiles(parts: readonly TreeFiles[]): TreeFiles {
  return {
    files: Object.fromEntries(parts.flatMap(({ files }) => Object.entries(files))),
    missing: parts.flatMap(({ missing }) => missing),
    folders: parts.flatMap(({ folders = [] }) => folders),
  }
}
