import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { lstatIfExists, randomName, writeAtomic } from '../platform/files.ts'
import { withLockFile } from '../platform/lock-file.ts'
import type { CachePaths } from '../platform/paths.ts'
import type { RepoAddress } from './address.ts'
import { storeDir } from './object-store.ts'
import { runGit } from './run-git.ts'
import { writeTree } from './write-tree.ts'

/** Files that belong to one checkout; all but `dir` stand beside it. */
export interface CheckoutPaths {
  dir: string
  /** Written last: the tree is whole. */
  complete: string
  /** git's index with the stat data of every file: makes `git status` cheap. */
  index: string
  /** What the import check learned. */
  record: string
}

export function checkoutPaths(
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): CheckoutPaths {
  const dir = join(cache.checkouts, `${address.key}@${commit}`)
  return { dir, complete: `${dir}.complete`, index: `${dir}.index`, record: `${dir}.pack.json` }
}

export function isComplete(paths: CheckoutPaths): boolean {
  return existsSync(paths.complete) && existsSync(paths.dir)
}

/**
 * The immutable tree of `<repo>@<commit>`: fetched, written beside its place, then renamed (R40–R44).
 * @returns true when it was made, false when it was there
 * @throws GIT_AUTH, GIT_REMOTE_FAILED, GIT_COMMIT_MISSING, GIT_FAILED, DISK_WRITE
 */
export async function ensureCheckout(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): Promise<boolean> {
  const paths = checkoutPaths(cache, address, commit)
  if (isComplete(paths)) return false
  return withStoreLock(ctx, cache, address, async () => {
    if (isComplete(paths)) return false
    await makeCheckout(ctx, cache, address, commit)
    return true
  })
}

/** What was wrong with a checkout, and where its changed and added files are now. */
export interface Repair {
  changed: string[]
  kept: string
}

/**
 * Make a checkout that somebody changed again (R41). What they changed or added is kept: it may be
 * the only copy.
 * @returns null when it is as it should be
 * @throws as `ensureCheckout`
 */
export async function repairCheckout(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): Promise<Repair | null> {
  return withStoreLock(ctx, cache, address, async () => {
    const changed = await changedFiles(ctx, cache, address, commit)
    if (changed.length === 0) return null
    const { dir } = checkoutPaths(cache, address, commit)
    const kept = join(cache.kept, `${basename(dir)}-${randomName()}`)
    for (const name of changed) keep(join(dir, name), join(kept, name))
    await makeCheckout(ctx, cache, address, commit)
    return { changed, kept }
  })
}

/** A removed file has nothing to keep. */
function keep(from: string, to: string): void {
  if (lstatIfExists(from) === null) return
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
}

function withStoreLock<T>(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  work: () => Promise<T>,
): Promise<T> {
  const name = createHash('sha256').update(address.key).digest('hex').slice(0, 24)
  return withLockFile(ctx, join(cache.locks, `git-${name}.lock`), work)
}

/** The old tree is moved aside, not deleted in place. */
async function makeCheckout(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): Promise<void> {
  const paths = checkoutPaths(cache, address, commit)
  const staged = join(cache.tmp, `checkout-${randomName()}`)
  try {
    await writeTree(ctx, cache, { address, commit, dir: staged, index: `${staged}.index` })
    publish(staged, paths)
  } finally {
    rmSync(staged, { recursive: true, force: true })
    rmSync(`${staged}.index`, { force: true })
  }
}

function publish(staged: string, paths: CheckoutPaths): void {
  mkdirSync(dirname(paths.dir), { recursive: true })
  rmSync(paths.complete, { force: true })
  const aside = `${staged}.old`
  if (lstatIfExists(paths.dir) !== null) renameSync(paths.dir, aside)
  renameSync(`${staged}.index`, paths.index)
  renameSync(staged, paths.dir)
  syncDir(dirname(paths.dir))
  writeAtomic(paths.complete, '')
  rmSync(aside, { recursive: true, force: true })
}

function syncDir(dir: string): void {
  const fd = openSync(dir, 'r')
  fsyncSync(fd)
  closeSync(fd)
}

/**
 * Files of a checkout that somebody changed, removed or added (bytecode apart), as paths below it (R41).
 * Cheap: git compares stat data with its index.
 */
export async function changedFiles(
  ctx: Ctx,
  cache: CachePaths,
  address: RepoAddress,
  commit: string,
): Promise<string[]> {
  const paths = checkoutPaths(cache, address, commit)
  const git = [`--git-dir=${storeDir(cache.git, address)}`, `--work-tree=${paths.dir}`]
  const env = { GIT_INDEX_FILE: paths.index, GIT_OPTIONAL_LOCKS: '0' }
  const [changed, added] = await Promise.all([
    runGit(ctx, [...git, 'diff-files', '--name-only', '-z', '--ignore-submodules=all'], { env }),
    runGit(
      ctx,
      [...git, 'ls-files', '--others', '-z', '--exclude=__pycache__/', '--exclude=*.pyc'],
      { env },
    ),
  ])
  return [
    ...new Set(
      [changed, added].flatMap((result) => result.stdout.split('\0')).filter((name) => name !== ''),
    ),
  ].toSorted()
}
