import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { randomName } from '../platform/files.ts'
import type { RepoAddress } from './address.ts'
import { fetchAlone } from './store-leftovers.ts'
import { diskFailure, gitReason, remoteError, runGit } from './run-git.ts'

/** The bare repository that holds every pinned commit of one remote. */
export function storeDir(gitRoot: string, address: RepoAddress): string {
  return join(gitRoot, `${address.key}.git`)
}

/** True when the commit with all its files is here: only then its ref exists. */
async function hasCommit(ctx: Ctx, store: string, commit: string): Promise<boolean> {
  if (!existsSync(store)) return false
  const result = await runGit(ctx, [
    `--git-dir=${store}`,
    'rev-parse',
    '--verify',
    '--quiet',
    refOf(commit),
  ])
  return result.exitCode === 0
}

/**
 * Bring one commit, and nothing of its history, into the store; present ones cost no request.
 * The caller holds the store's lock file.
 * @throws GIT_AUTH, GIT_REMOTE_FAILED, GIT_COMMIT_MISSING, DISK_WRITE
 */
export async function fetchCommit(
  ctx: Ctx,
  store: string,
  tmp: string,
  address: RepoAddress,
  commit: string,
): Promise<void> {
  if (await hasCommit(ctx, store, commit)) return
  if (!existsSync(store)) await createStore(ctx, store, tmp)
  await fetchAlone(store, () => fetchNew(ctx, store, address, commit))
}

async function fetchNew(
  ctx: Ctx,
  store: string,
  address: RepoAddress,
  commit: string,
): Promise<void> {
  const result = await runGit(ctx, [
    ...fetchArgs(store),
    '--depth=1',
    '--',
    address.url,
    `+${commit}:${refOf(commit)}`,
  ])
  if (result.exitCode === 0) return
  const disk = diskFailure(result, store)
  if (disk !== null) throw disk
  if (!isUnadvertised(result.stderr))
    throw remoteError(address.url, commit, result, ctx.settings.gitTimeoutMs)
  await fetchEverything(ctx, store, address, commit)
}

function fetchArgs(store: string): string[] {
  return [
    `--git-dir=${store}`,
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-recurse-submodules',
    '--no-write-fetch-head',
  ]
}

/** Old servers give only what a ref points to. */
function isUnadvertised(stderr: string): boolean {
  return /not our ref|unadvertised object|Server does not allow request|couldn't find remote ref|no such remote ref|upload-pack: not our ref/i.test(
    stderr,
  )
}

async function fetchEverything(
  ctx: Ctx,
  store: string,
  address: RepoAddress,
  commit: string,
): Promise<void> {
  const all = await runGit(ctx, [
    ...fetchArgs(store),
    '--',
    address.url,
    '+refs/heads/*:refs/remote/heads/*',
    '+refs/tags/*:refs/remote/tags/*',
  ])
  const found = await runGit(ctx, [`--git-dir=${store}`, 'update-ref', refOf(commit), commit])
  if (found.exitCode === 0) return
  const disk = diskFailure(all.exitCode === 0 ? found : all, store)
  if (disk !== null) throw disk
  const reason =
    all.exitCode === 0 ? 'no branch or tag contains it' : gitReason(all, ctx.settings.gitTimeoutMs)
  throw new ComfypinError('GIT_COMMIT_MISSING', { repo: address.url, commit, reason })
}

/** One ref per pinned commit keeps it alive and says that it is whole. */
function refOf(commit: string): string {
  return `refs/comfypin/${commit}`
}

async function createStore(ctx: Ctx, store: string, tmp: string): Promise<void> {
  const staged = join(tmp, `git-${randomName()}`)
  mkdirSync(tmp, { recursive: true })
  mkdirSync(dirname(store), { recursive: true })
  const result = await runGit(ctx, ['init', '--quiet', '--bare', '--template=', '--', staged])
  if (result.exitCode !== 0) {
    const reason = gitReason(result, 0)
    throw (
      diskFailure(result, store) ??
      new ComfypinError('GIT_FAILED', { verb: 'init', repo: store, reason })
    )
  }
  try {
    renameSync(staged, store)
  } catch (error) {
    rmSync(staged, { recursive: true, force: true })
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error
  }
}
