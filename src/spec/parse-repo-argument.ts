import { resolve } from 'node:path'
import { statIfExists } from '../platform/files.ts'
import { expandHome } from '../platform/settings.ts'
import { isRefName, isRepoAddress } from './repo-address.ts'

/** A repository as people write and paste it, taken apart. */
export interface RepoArgument {
  repo: string
  ref: string | null
  subdir: string | null
  /**
   * Everything after `/tree/` when it has several parts: a branch with slashes in its name, or a
   * branch and a folder. `ref` and `subdir` hold the second reading; the remote knows which is right.
   */
  tree: string | null
}

const EXPECTED =
  'a git repository: owner/name of GitHub, a URL or a path that starts with ./, with @ref if wanted'

/**
 * Read `url@ref`, `owner/name@ref` (GitHub), `./path@ref`, `user@host:path@ref`, a pasted page of
 * GitHub, GitLab, Bitbucket or Gitea, each with `#subdir=path` if wanted.
 * @param cwd where relative paths start
 * @returns text of what was expected when it is none of these
 */
export function parseRepoArgument(text: string, cwd: string): RepoArgument | string {
  const [address = '', fragment] = text.trim().split(/#(.*)/s, 2)
  const subdir = subdirOf(fragment)
  if (subdir === undefined) return '#subdir=path as the only thing after "#"'
  const read = readAddress(address, cwd)
  if (typeof read === 'string') return read
  if (!isRepoAddress(read.repo)) return EXPECTED
  if (read.ref !== null && (read.ref === '' || !isRefName(read.ref)))
    return 'a branch, a tag or a commit after "@"'
  return subdir === null ? read : { ...read, subdir }
}

/** null: none; undefined: not understood. A fragment such as `#readme` comes from pasting. */
function subdirOf(fragment: string | undefined): string | null | undefined {
  if (fragment === undefined || !fragment.includes('=')) return null
  return /^subdir(?:ectory)?=(.+)$/.exec(fragment)?.[1]
}

function readAddress(address: string, cwd: string): RepoArgument | string {
  if (/^https?:\/\//i.test(address)) return readWebAddress(address)
  const [, origin = '', path = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)(.*)$/i.exec(address) ?? []
  if (origin !== '') return withRef(origin, path)
  if (/^(?:\.{1,2}|~)?(?:\/|$)/.test(address) && address !== '') return readPath(address, cwd)
  const [, host = '', rest = ''] = /^((?:[^@/\s:]+@)?[^@:/\s]+:)(?!\/\/)(.+)$/.exec(address) ?? []
  if (host !== '') return withRef(host, rest)
  if (/^[\w-][\w.-]*\/[\w.-]/.test(address)) return readShorthand(address)
  return EXPECTED
}

/** `owner/name…` is GitHub's, `host.tld/owner/name…` a URL without its scheme. */
function readShorthand(address: string): RepoArgument | string {
  const [name = ''] = address.split('@', 1)
  const [first = '', , third] = name.split('/')
  const hasHost = first.includes('.') && third !== undefined
  return readWebAddress(hasHost ? `https://${address}` : `https://github.com/${address}`)
}

/** A folder may have "@" in its name; what is there as it is written wins. */
function readPath(address: string, cwd: string): RepoArgument {
  const whole = resolve(cwd, expandHome(address))
  const at = address.lastIndexOf('@')
  if (at < 1 || statIfExists(whole) !== null) return plain(whole, null)
  return plain(resolve(cwd, expandHome(address.slice(0, at))), address.slice(at + 1))
}

/** Pages of one repository: what stands before, and what a branch, tag or commit is written after. */
const PAGES: readonly { pattern: RegExp; mayHaveFolder: boolean }[] = [
  // GitLab
  { pattern: /^(\/.+?)\/-\/(?:commit|tags|releases)\/(.+)$/, mayHaveFolder: false },
  { pattern: /^(\/.+?)\/-\/(?:tree|blob)\/(.+)$/, mayHaveFolder: true },
  // Gitea and Forgejo say what kind of ref it is, Bitbucket does not
  { pattern: /^(\/[^/]+\/[^/]+)\/src\/(?:tag|commit)\/([^/]+)$/, mayHaveFolder: false },
  { pattern: /^(\/[^/]+\/[^/]+)\/src\/branch\/(.+)$/, mayHaveFolder: true },
  { pattern: /^(\/[^/]+\/[^/]+)\/src\/(.+)$/, mayHaveFolder: true },
  // GitHub; `commits` is Bitbucket's
  { pattern: /^(\/.+?)\/(?:commits?|releases\/tag)\/(.+)$/, mayHaveFolder: false },
  { pattern: /^(\/.+?)\/tree\/(.+)$/, mayHaveFolder: true },
]

function readWebAddress(address: string): RepoArgument | string {
  const [, origin = '', raw = ''] = /^(https?:\/\/[^/]*)(.*)$/i.exec(address) ?? []
  const path = raw.replace(/\?tab=[^&]*$/, '').replace(/\/+$/, '')
  const page = path.replace(/\?.*$/, '').replace(/\/+$/, '')
  for (const { pattern, mayHaveFolder } of PAGES) {
    const [, repo, rest] = pattern.exec(page) ?? []
    if (repo === undefined || rest === undefined) continue
    const tail = decode(rest)
    const slash = mayHaveFolder ? tail.indexOf('/') : -1
    if (slash < 0) return plain(origin + repo, tail)
    const [ref, subdir] = [tail.slice(0, slash), tail.slice(slash + 1)]
    return { repo: origin + repo, ref, subdir, tree: tail }
  }
  const [, host = ''] = /^https?:\/\/(?:[^@/]*@)?([^/:]*)/i.exec(origin) ?? []
  const folders = (path.split('@', 1)[0] ?? '').split('/').filter((part) => part !== '')
  if (/^(?:www\.)?github\.com$/i.test(host) && folders.length !== 2)
    return 'a repository of GitHub: https://github.com/owner/name'
  return withRef(origin, path)
}

/** Branches may have slashes in their names, so the first "@" of the path counts. */
function withRef(origin: string, path: string): RepoArgument {
  const at = path.indexOf('@', 1)
  if (at < 0) return plain(origin + path.replace(/\/+$/, ''), null)
  return plain(origin + path.slice(0, at).replace(/\/+$/, ''), path.slice(at + 1))
}

function plain(repo: string, ref: string | null): RepoArgument {
  return { repo, ref, subdir: null, tree: null }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
