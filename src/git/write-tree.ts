import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { randomName } from '../platform/files.ts'
import type { CachePaths } from '../platform/paths.ts'
import type { RepoAddress } from './address.ts'
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
}

/**
 * Write the tree of a commit, with its submodules, into a new folder.
 * @throws GIT_AUTH, GIT_REMOTE_FAILED, GIT_COMMIT_MISSING, GIT_FAILED, DISK_WRITE, PATH_UNSAFE
 */
export async function writeTree(ctx: Ctx, cache: CachePaths, request: TreeRequest): Promise<void> {
  const { address, commit, dir, index } = request
  const store = storeDir(cache.git, address)
  await fetchCommit(ctx, store, cache.tmp, address, commit)
  mkdirSync(dir, { recursive: true })
  const git = [`--git-dir=${store}`, `--work-tree=${dir}`, ...PARALLEL]
  for (const args of [
    ['read-tree', commit],
    ['checkout-index', '--all', '--quiet', '--index'],
  ]) {
    const result = await runGit(ctx, [...git, ...args], { env: { GIT_INDEX_FILE: index } })
    if (result.exitCode !== 0) {
      const reason = gitReason(result, ctx.settings.gitTimeoutMs)
      const [verb = ''] = args
      throw (
        diskFailure(result, dir) ??
        new ComfypinError('GIT_FAILED', { verb, repo: address.url, reason })
      )
    }
  }
  for (const submodule of await listSubmodules(ctx, { address, commit, store, dir, index }))
    await writeSubmodule(ctx, cache, { ...submodule, dir: join(dir, submodule.path) })
}

const PARALLEL = ['-c', 'checkout.workers=0', '-c', 'checkout.thresholdForParallelism=200']

async function writeSubmodule(
  ctx: Ctx,
  cache: CachePaths,
  request: Omit<TreeRequest, 'index'>,
): Promise<void> {
  const index = join(cache.tmp, `submodule-${randomName()}.index`)
  try {
    await writeTree(ctx, cache, { ...request, index })
  } finally {
    rmSync(index, { force: true })
  }
}
