import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { isAddress, parseAddress, withoutLogin, type RepoAddress } from './address.ts'
import type { IndexEntry } from './list-index.ts'
import { runGit } from './run-git.ts'

/** A commit in the store of its repository. */
export interface StoredTree {
  address: RepoAddress
  commit: string
  /** Bare repository with the commit. */
  store: string
}

export interface Submodule {
  /** Folder below the tree. */
  path: string
  address: RepoAddress
  commit: string
}

/**
 * The submodules that a tree records, at their recorded commits (packs.md: 3 of 54 packs have some).
 * Their addresses come from strangers: what is not a plain remote address, or leads from a remote
 * repository to this machine's own files, is refused, as git does.
 * @throws GIT_SUBMODULE_REFUSED
 */
export async function listSubmodules(
  ctx: Ctx,
  tree: StoredTree,
  entries: readonly IndexEntry[],
): Promise<Submodule[]> {
  const links = entries.filter(({ mode }) => mode === '160000')
  if (links.length === 0) return []
  const config = await runGit(ctx, [
    `--git-dir=${tree.store}`,
    'config',
    '--null',
    `--blob=${tree.commit}:.gitmodules`,
    '--get-regexp',
    '^submodule\\..*\\.(path|url)$',
  ])
  const urls = readModules(config.stdout)
  return links.flatMap(({ path, object }) => {
    const url = urls.get(path)
    if (url === undefined) return [] // a gitlink without a URL is an empty folder for git too
    return [{ path, commit: object, address: addressOf(tree.address, path, url) }]
  })
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
      path === undefined || url === undefined ? [] : [[path, url]],
    ),
  )
}

function addressOf(parent: RepoAddress, path: string, url: string): RepoAddress {
  const refuse = (reason: string) =>
    new ComfypinError('GIT_SUBMODULE_REFUSED', {
      path,
      url: withoutLogin(url),
      repo: withoutLogin(parent.url),
      reason,
    })
  if (!isAddress(url)) throw refuse('it is no address of a repository')
  const full = resolveUrl(parent.url, url)
  if (!isAddress(full)) throw refuse('it leads out of its host')
  const address = parseAddress(full, '/')
  if (address.kind === 'local' && parent.kind !== 'local')
    throw refuse('a remote repository may not name files of this machine')
  return address
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
