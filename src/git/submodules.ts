import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { isWithin } from '../platform/paths.ts'
import { parseAddress, type RepoAddress } from './address.ts'
import { runGit } from './run-git.ts'

export interface IndexedTree {
  address: RepoAddress
  commit: string
  /** Bare repository with the commit. */
  store: string
  dir: string
  /** Index file of `dir`. */
  index: string
}

interface Submodule {
  /** Folder below the tree. */
  path: string
  address: RepoAddress
  commit: string
}

/**
 * The submodules that a tree records, at their recorded commits (packs.md: 3 of 54 packs have some).
 * @throws PATH_UNSAFE
 */
export async function listSubmodules(ctx: Ctx, tree: IndexedTree): Promise<Submodule[]> {
  const links = await gitlinks(ctx, tree)
  if (links.size === 0) return []
  const config = await runGit(ctx, [
    `--git-dir=${tree.store}`,
    'config',
    '--null',
    `--blob=${tree.commit}:.gitmodules`,
    '--get-regexp',
    '^submodule\\..*\\.(path|url)$',
  ])
  const urls = readModules(config.stdout)
  return [...links].flatMap(([path, commit]) => {
    const url = urls.get(path)
    if (url === undefined) return [] // a gitlink without a URL is an empty folder for git too
    if (!isWithin(tree.dir, join(tree.dir, path)))
      throw new ComfypinError('PATH_UNSAFE', { path, root: tree.dir })
    return [{ path, commit, address: parseAddress(resolveUrl(tree.address.url, url), '/') }]
  })
}

async function gitlinks(ctx: Ctx, tree: IndexedTree): Promise<Map<string, string>> {
  const env = { GIT_INDEX_FILE: tree.index }
  const result = await runGit(ctx, [`--git-dir=${tree.store}`, 'ls-files', '--stage', '-z'], {
    env,
  })
  const rows = result.stdout.split('\0').map((row) => /^160000 ([0-9a-f]{40}) \d\t(.+)$/s.exec(row))
  return new Map(
    rows.flatMap((row) =>
      row?.[1] === undefined || row[2] === undefined ? [] : [[row[2], row[1]]],
    ),
  )
}

/** `key\nvalue` records of `git config --null` → path → url. */
function readModules(text: string): Map<string, string> {
  const byName = new Map<string, { path?: string; url?: string }>()
  for (const record of text.split('\0')) {
    const [, name, field, value] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(record) ?? []
    if (name === undefined || value === undefined) continue
    byName.set(name, { ...byName.get(name), [field === 'path' ? 'path' : 'url']: value })
  }
  return new Map(
    [...byName.values()].flatMap(({ path, url }) =>
      path === undefined || url === undefined || url.startsWith('-') ? [] : [[path, url]],
    ),
  )
}

/** A relative submodule URL starts at its parent's address, as in git. */
function resolveUrl(parent: string, url: string): string {
  if (!url.startsWith('./') && !url.startsWith('../')) return url
  let base = parent.replace(/\/+$/, '')
  let rest = url
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2)
    else if (rest.startsWith('../')) {
      rest = rest.slice(3)
      base = base.replace(/[/:][^/:]*$/, '')
    } else return `${base}/${rest}`
  }
}
