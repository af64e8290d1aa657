import { createHash } from 'node:crypto'
import { isAbsolute, resolve } from 'node:path'
import type { Settings } from '../core/settings.ts'

/** A repository address, taken apart. */
export interface RepoAddress {
  /** What git is given. */
  url: string
  kind: 'http' | 'ssh' | 'git' | 'local'
  /** `host/owner/name`: the folder in the cache. Forks and equal names on other hosts differ (R42). */
  key: string
}

/** @param base folder in which relative paths start */
export function parseAddress(repo: string, base: string): RepoAddress {
  const scp = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(.+)$/.exec(repo)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(repo)?.[1]?.toLowerCase()
  if (scheme === 'file') return local(decodeURIComponent(new URL(repo).pathname))
  if (scheme !== undefined) {
    const url = new URL(repo)
    const port = url.port === '' ? '' : `+${url.port}`
    const kind = scheme === 'https' || scheme === 'http' ? 'http' : scheme === 'ssh' ? 'ssh' : 'git'
    return { url: repo, kind, key: joinKey(`${url.hostname}${port}`, url.pathname) }
  }
  if (scp !== null && !isAbsolute(repo) && !repo.startsWith('.'))
    return { url: repo, kind: 'ssh', key: joinKey(scp[1] ?? '', scp[2] ?? '') }
  return local(resolve(base, repo))
}

function local(path: string): RepoAddress {
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 12)
  return {
    url: path,
    kind: 'local',
    key: joinKey('local', `${digest}/${path.split('/').findLast((part) => part !== '') ?? ''}`),
  }
}

function joinKey(host: string, path: string): string {
  const parts = path
    .replace(/\.git\/*$/, '')
    .split('/')
    .filter((part) => part !== '')
  return [host.toLowerCase(), ...parts].map(safeSegment).join('/')
}

/** Letters, digits, `.`, `_`, `-`, `+` stay; anything else is percent-encoded, `.` and `..` too. */
function safeSegment(part: string): string {
  const safe = part.replace(/[^A-Za-z0-9._+-]/g, (char) =>
    encodeURIComponent(char).replace(/[*'()!~]/g, '_'),
  )
  return /^\.+$/.test(safe) || safe.startsWith('-') ? `%${safe}` : safe
}

/** True for a full commit id. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text)
}

/**
 * False for what a stranger may write to make git do something else than fetch: options, remote
 * helpers (`ext::…`), other schemes, control characters.
 */
export function isAddress(text: string): boolean {
  if (text === '' || text.startsWith('-') || /[\p{Cc}\u2028\u2029]/u.test(text)) return false
  if (/^[a-z0-9+.-]+::/i.test(text)) return false
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return !/^[^:/]*@-/.test(text)
  const known = ['https', 'http', 'ssh', 'git', 'file'].includes(scheme)
  return known && URL.canParse(text) && !new URL(text).hostname.startsWith('-')
}

/** An address without user name and password, for messages and files. */
export function withoutLogin(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1')
}

/** Where a repository is really fetched from: `GITHUB_ENDPOINT` may stand in for github.com. */
export function mirrored({ githubEndpoint }: Settings, url: string): string {
  if (githubEndpoint === null) return url
  return url.replace(/^https:\/\/github\.com(?=\/)/i, githubEndpoint)
}
