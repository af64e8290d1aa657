import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { lstatIfExists, randomName, statIfExists, writeAtomic } from './files.ts'
import { withLockFile } from './lock-file.ts'
import { isWithin, type CachePaths } from './paths.ts'

/** Files that belong to one checkout; all but `tree` and `dir` stand beside the tree. */
export interface CheckoutPaths {
  /** The whole tree. */
  tree: string
  /** What is used of it: the tree, or one folder of it. */
  dir: string
  /** Written last: the tree is whole. */
  complete: string
  /** git's index with the stat data of every file: makes `git status` cheap. */
  index: string
  /** Content hashes of files that the index does not speak for (`tree-files.ts`). */
  files: string
  /** What the import check learned of `dir`. */
  record: string
  /** Size and time of each file of `dir` when a home linked it. */
  seal: string
}

export function pathsOfTree(tree: string): CheckoutPaths {
  return {
    tree,
    dir: tree,
    complete: `${tree}.complete`,
    index: `${tree}.index`,
    files: `${tree}.files.json`,
    record: `${tree}.pack.json`,
    seal: `${tree}.seal`,
  }
}

/** The same checkout, of which one folder is used. */
export function pathsOfFolder(paths: CheckoutPaths, subdir: string | null): CheckoutPaths {
  if (subdir === null) return paths
  const { tree } = paths
  return {
    ...paths,
    dir: join(tree, subdir),
    record: `${tree}+${encodeURIComponent(subdir)}.pack.json`,
    seal: `${tree}+${encodeURIComponent(subdir)}.seal`,
  }
}

export function isComplete(paths: CheckoutPaths): boolean {
  return existsSync(paths.complete) && hasFolder(paths)
}

/** The folder that is used has to be a real one inside the tree: a link may lead anywhere. */
export function hasFolder({ tree, dir }: CheckoutPaths): boolean {
  if (statIfExists(dir)?.isDirectory() !== true) return false
  return dir === tree || isWithin(realpathSync(tree), realpathSync(dir))
}

/** One process at a time makes or repairs a tree. */
export function withTreeLock<T>(
  ctx: Ctx,
  cache: CachePaths,
  { tree }: CheckoutPaths,
  work: () => Promise<T>,
): Promise<T> {
  const name = createHash('sha256').update(tree).digest('hex').slice(0, 24)
  return withLockFile(ctx, join(cache.locks, `tree-${name}.lock`), work)
}

/**
 * Have `write` fill a new tree and the files beside it, and put them in place of what is there,
 * which is moved aside and not deleted in place.
 */
export async function replaceTree(
  cache: CachePaths,
  paths: CheckoutPaths,
  write: (staged: CheckoutPaths) => Promise<void>,
): Promise<void> {
  const staged = pathsOfTree(join(cache.tmp, `checkout-${randomName()}`))
  try {
    mkdirSync(staged.tree, { recursive: true })
    await write(staged)
    publish(staged, paths)
  } finally {
    rmSync(staged.tree, { recursive: true, force: true })
    for (const path of [staged.index, staged.files]) rmSync(path, { force: true })
  }
}

function publish(staged: CheckoutPaths, paths: CheckoutPaths): void {
  mkdirSync(dirname(paths.tree), { recursive: true })
  rmSync(paths.complete, { force: true })
  const aside = `${staged.tree}.old`
  if (lstatIfExists(paths.tree) !== null) renameSync(paths.tree, aside)
  for (const beside of ['index', 'files'] as const) {
    if (lstatIfExists(staged[beside]) === null) rmSync(paths[beside], { force: true })
    else renameSync(staged[beside], paths[beside])
  }
  renameSync(staged.tree, paths.tree)
  syncDir(dirname(paths.tree))
  writeAtomic(paths.complete, '')
  rmSync(aside, { recursive: true, force: true })
}

function syncDir(dir: string): void {
  const fd = openSync(dir, 'r')
  fsyncSync(fd)
  closeSync(fd)
}

/** What was wrong with a checkout, and where its changed and added files are now. */
export interface Repair {
  changed: string[]
  kept: string
}

/**
 * Make a tree that somebody changed again (R41). What they changed or added is kept: it may be the
 * only copy.
 * @param changedFiles paths below the tree that are not as they should be
 * @returns null when there are none
 */
export function repairChanges(
  ctx: Ctx,
  cache: CachePaths,
  paths: CheckoutPaths,
  { changedFiles, make }: { changedFiles(): Promise<string[]>; make(): Promise<void> },
): Promise<Repair | null> {
  return withTreeLock(ctx, cache, paths, async () => {
    const changed = await changedFiles()
    if (changed.length === 0) return null
    const kept = keepChanges(cache, paths, changed)
    await make()
    return { changed, kept }
  })
}

/** Copy changed and added files out of a tree. Returns where they are. */
function keepChanges(
  cache: CachePaths,
  { tree }: CheckoutPaths,
  changed: readonly string[],
): string {
  const kept = join(cache.kept, `${basename(tree)}-${randomName()}`)
  for (const name of changed) keep(join(tree, name), join(kept, name))
  return kept
}

/** A removed file has nothing to keep. */
function keep(from: string, to: string): void {
  if (lstatIfExists(from) === null) return
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
}
