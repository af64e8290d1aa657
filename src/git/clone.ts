import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { asDiskWrite, randomName } from '../platform/files.ts'
import { isCommit, type RepoAddress } from './address.ts'
import { pickCommit } from './pick-commit.ts'
import { readRemoteRefs } from './remote-refs.ts'
import { diskFailure, gitReason, remoteError, runGit } from './run-git.ts'

export interface CloneRequest {
  address: RepoAddress
  /** Branch, tag, commit (whole or abbreviated) or `refs/…`; null: the default branch. */
  ref: string | null
  /** Does not exist yet, or is empty. */
  dir: string
  /** Adds to the staged clone what shall be there from its first moment. */
  beforePublish: (staged: string, commit: string) => void
}

/**
 * An ordinary clone with its history and a work tree that belongs to the user: on its branch when
 * `ref` is one, detached otherwise. Made beside its place, then renamed. Returns the commit.
 * @throws GIT_REF_NOT_FOUND, GIT_AUTH, GIT_REMOTE_FAILED, GIT_FAILED, DISK_WRITE
 */
export async function cloneRepository(ctx: Ctx, request: CloneRequest): Promise<string> {
  const { address, ref, dir } = request
  await requireRef(ctx, address, ref)
  const staged = join(dirname(dir), `.${basename(dir)}.${randomName()}.tmp`)
  try {
    asDiskWrite(dir, () => mkdirSync(dirname(dir), { recursive: true }))
    // --progress: silence would be taken for a dead remote
    const clone = ['clone', '--progress', '--no-checkout', '--template=']
    const args = [...clone, '--', address.url, staged]
    await transfer(ctx, { address, ref, dir }, args)
    const commit = await checkOut(ctx, staged, address, ref)
    request.beforePublish(staged, commit)
    asDiskWrite(dir, () => renameSync(staged, dir))
    return commit
  } finally {
    rmSync(staged, { recursive: true, force: true })
  }
}

/** A name that does not exist is told before anything is transferred. */
async function requireRef(ctx: Ctx, address: RepoAddress, ref: string | null): Promise<void> {
  if (ref === null || isCommitLike(ref)) return
  pickCommit(await readRemoteRefs(ctx, address, ref), address.url, ref)
}

function isCommitLike(ref: string): boolean {
  return /^[0-9a-f]{7,40}$/.test(ref)
}

async function checkOut(
  ctx: Ctx,
  dir: string,
  address: RepoAddress,
  ref: string | null,
): Promise<string> {
  const git = [`--git-dir=${join(dir, '.git')}`, `--work-tree=${dir}`]
  const branch = ref?.replace(/^refs\/heads\//, '') ?? null
  const checkout = (...args: string[]) =>
    local(ctx, { address, dir }, [...git, 'checkout', '--progress', ...args])
  if (branch === null) await checkout()
  else if ((await commitOf(ctx, git, `refs/remotes/origin/${branch}`)) !== null)
    await checkout('-B', branch, '--track', `origin/${branch}`)
  else await checkout('--detach', await findCommit(ctx, git, { address, ref: branch, dir }))
  return (await commitOf(ctx, git, 'HEAD')) ?? ''
}

/** A tag, a commit, or a ref that a clone leaves behind (`refs/pull/1/head`). */
async function findCommit(
  ctx: Ctx,
  git: readonly string[],
  { address, ref, dir }: Target & { ref: string },
): Promise<string> {
  const here =
    (await commitOf(ctx, git, `refs/tags/${ref}`)) ??
    (isCommitLike(ref) || ref.startsWith('refs/') ? await commitOf(ctx, git, ref) : null)
  if (here !== null) return here
  const reason = 'no branch or tag contains it'
  const missing = new ComfypinError('GIT_COMMIT_MISSING', {
    repo: address.url,
    commit: ref,
    reason,
  })
  if (!isCommit(ref) && !ref.startsWith('refs/')) throw missing
  const args = [...git, 'fetch', '--progress', '--', 'origin', ref]
  await transfer(ctx, { address, ref, dir }, args)
  const fetched = await commitOf(ctx, git, 'FETCH_HEAD')
  if (fetched === null) throw missing
  return fetched
}

async function commitOf(ctx: Ctx, git: readonly string[], name: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]
  const { exitCode, stdout } = await runGit(ctx, [...git, ...args])
  return exitCode === 0 ? stdout.trim() : null
}

/** What a clone is of, and where git writes it. */
type Target = Pick<CloneRequest, 'address' | 'ref' | 'dir'>

async function transfer(
  ctx: Ctx,
  { address, ref, dir }: Target,
  args: readonly string[],
): Promise<void> {
  const result = await runGit(ctx, args)
  if (result.exitCode === 0) return
  throw (
    diskFailure(result, dir) ??
    remoteError(address.url, ref ?? 'HEAD', result, ctx.settings.gitTimeoutMs)
  )
}

async function local(
  ctx: Ctx,
  { address, dir }: Omit<Target, 'ref'>,
  args: readonly string[],
): Promise<void> {
  const result = await runGit(ctx, args)
  if (result.exitCode === 0) return
  const reason = gitReason(result, ctx.settings.gitTimeoutMs)
  throw (
    diskFailure(result, dir) ??
    new ComfypinError('GIT_FAILED', { verb: 'checkout', repo: address.url, reason })
  )
}
