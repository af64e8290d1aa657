import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { randomName, statIfExists } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import { readRepoFiles, type RepoFiles } from './repo-files.ts'
import { runGit } from './run-git.ts'

/** What a working tree that somebody else made holds. */
export interface FoundCheckout {
  /** 40-hex, or null when it cannot be told. */
  commit: string | null
  branch: string | null
  /** Address as its config has it, login included. */
  remote: string | null
  /** The tag that HEAD has, the one that looks like a release first. */
  tag: string | null
  /** The nearest release before HEAD, when HEAD has no tag. */
  past: { tag: string; commits: number } | null
  /** Commits that no branch of the remote had when it was last fetched; null: cannot be told. */
  localCommits: number | null
  /** Files that differ from HEAD; null: cannot be told. */
  changed: string[] | null
  /** Files that are not tracked, bytecode apart; a folder that is ignored as a whole ends with `/`. */
  added: { path: string; ignored: boolean }[]
}

/**
 * Look at a working tree without trusting its repository. git runs in a repository of our own that
 * borrows the objects and a copy of the index, so that no config, hook, filter or submodule of the
 * other one has a say. Nothing in it is changed.
 * @returns null when the folder has no `.git`
 * @throws GIT_MISSING, INTERRUPTED, DISK_WRITE
 */
export async function readCheckout(ctx: Ctx, dir: string): Promise<FoundCheckout | null> {
  const files = readRepoFiles(dir)
  if (files === null) return null
  const { commit, branch } = files
  const base = { commit, branch, remote: files.remote?.url ?? null }
  const nothing = { tag: null, past: null, localCommits: null, changed: null, added: [] }
  if (commit === null || !canBorrow(files)) return { ...base, ...nothing }
  return withBorrowed(ctx, dir, { ...files, commit }, async (ask) => {
    const tag = pickTag(await ask(['tag', '--points-at', 'HEAD']))
    return {
      ...base,
      tag,
      past: tag === null ? readPast(await ask(['describe', '--tags', '--long', 'HEAD'])) : null,
      localCommits: await countLocal(ask, files),
      ...readStatus(await ask([...STATUS, '--'])),
    }
  })
}

/**
 * Files below a folder of a working tree that its commit has, as paths of the tree. As little of its
 * repository is trusted; none where it is no repository.
 * @throws GIT_MISSING, INTERRUPTED, DISK_WRITE
 */
export async function committedFiles(ctx: Ctx, dir: string, folder: string): Promise<string[]> {
  const files = readRepoFiles(dir)
  if (files?.commit == null || !canBorrow(files)) return []
  const { commit } = files
  return withBorrowed(ctx, dir, { ...files, commit }, async (ask) => {
    const answer = await ask(['ls-tree', '-r', '--name-only', '-z', commit, '--', `${folder}/`])
    return (answer ?? '').split('\0').filter((path) => path !== '')
  })
}

const STATUS = [
  ...['status', '--porcelain=v1', '-z', '--no-renames', '--ignore-submodules=all'],
  ...['--untracked-files=all', '--ignored=matching'],
]

/** A file of git's names the folder, which has no way of writing these. */
function canBorrow({ commonDir }: RepoFiles): boolean {
  return !/["\n]/.test(commonDir)
}

async function withBorrowed<T>(
  ctx: Ctx,
  dir: string,
  files: RepoFiles & { commit: string },
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const own = join(cachePaths(ctx.settings.cacheRoot).tmp, `look-${randomName()}`)
  try {
    borrow(own, files, files.commit)
    return await work(createAsk(ctx, own, dir))
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

function borrow(own: string, files: RepoFiles, commit: string): void {
  mkdirSync(join(own, 'objects', 'info'), { recursive: true })
  mkdirSync(join(own, 'refs'))
  writeFileSync(join(own, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = false\n')
  writeFileSync(join(own, 'HEAD'), `${commit}\n`)
  writeFileSync(join(own, 'objects/info/alternates'), `${join(files.commonDir, 'objects')}\n`)
  const known = [...files.refs].filter(([name]) => /^refs\/(?:tags|remotes)\//.test(name))
  const rows = known.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, id]) => `${id} ${name}\n`)
  writeFileSync(join(own, 'packed-refs'), rows.join(''))
  copyPlain(join(files.gitDir, 'index'), join(own, 'index'))
  copyPlain(join(files.commonDir, 'shallow'), join(own, 'shallow'))
}

function copyPlain(from: string, to: string): void {
  if (statIfExists(from)?.isFile() === true) copyFileSync(from, to)
}

type Ask = (args: readonly string[]) => Promise<string | null>

/** What git answers, or null when the repository is too broken for an answer. */
function createAsk(ctx: Ctx, own: string, dir: string): Ask {
  const env = {
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
  }
  return async (args) => {
    const result = await runGit(ctx, [`--git-dir=${own}`, `--work-tree=${dir}`, ...args], { env })
    return result.exitCode === 0 ? result.stdout : null
  }
}

function pickTag(answer: string | null): string | null {
  const tags = (answer ?? '').split('\n').filter((tag) => tag !== '')
  return tags.find((tag) => /^v?\d/.test(tag)) ?? tags[0] ?? null
}

function readPast(answer: string | null): FoundCheckout['past'] {
  const [, tag, commits] = /^(.+)-(\d+)-g[0-9a-f]+$/.exec(answer?.trim() ?? '') ?? []
  return tag === undefined ? null : { tag, commits: Number(commits) }
}

/** Without any branch of a remote (a shallow clone of one commit) there is nothing to compare with. */
async function countLocal(ask: Ask, { refs }: RepoFiles): Promise<number | null> {
  if (![...refs.keys()].some((name) => name.startsWith('refs/remotes/'))) return null
  const missing = ['--ignore-missing', 'HEAD', '--not', '--remotes', '--tags', '--']
  const answer = await ask(['rev-list', '--count', ...missing])
  return answer === null ? null : Number(answer)
}

function readStatus(answer: string | null): Pick<FoundCheckout, 'changed' | 'added'> {
  if (answer === null) return { changed: null, added: [] }
  const rows = answer.split('\0').filter((row) => row !== '')
  const isOther = (row: string) => row.startsWith('?? ') || row.startsWith('!! ')
  return {
    changed: rows.filter((row) => !isOther(row)).map((row) => row.slice(3)),
    added: rows
      .filter(isOther)
      .map((row) => ({ path: row.slice(3), ignored: row.startsWith('!!') }))
      .filter(({ path }) => !/(?:^|\/)__pycache__\/|\.py[co]$/.test(path)),
  }
}
