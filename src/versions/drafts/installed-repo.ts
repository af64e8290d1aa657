import { isAbsolute, resolve } from 'node:path'
import type { FoundCheckout } from '../../git/read-checkout.ts'
import { note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { withoutLogin } from '../../spec/importers/foreign-address.ts'
import { describe } from '../../spec/importers/shape.ts'
import { isRefName, isRepoAddress } from '../../spec/repo-address.ts'

export interface InstalledRepo {
  repo: string
  hadLogin: boolean
  isLocal: boolean
}

/** The address of a remote as a spec can have it; null when there is none. */
export function installedRepo(remote: string | null, dir: string): InstalledRepo | null {
  if (remote === null || !isRepoAddress(remote)) return null
  const { address, hadLogin } = withoutLogin(remote)
  if (isAbsolute(address) || /^file:/i.test(address))
    return { repo: address, hadLogin, isLocal: true }
  const isRemote = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) || /^[^/\s]+:/.test(address)
  if (!isRemote) return { repo: resolve(dir, address), hadLogin, isLocal: true }
  return { repo: address.replace(/\/+$/, ''), hadLogin, isLocal: false }
}

/** The tag or branch that a checkout stands at, for people: its commit is what counts. */
export function refField({ tag, branch }: Pick<FoundCheckout, 'tag' | 'branch'>): { ref?: string } {
  const ref = tag ?? branch
  return ref !== null && isRefName(ref) ? { ref } : {}
}

/** What a person should know of a checkout before relying on its commit alone. */
export function repoNotes(
  name: string,
  remote: InstalledRepo | null,
  found: Pick<FoundCheckout, 'localCommits' | 'changed' | 'added' | 'commit'>,
): DraftPart[] {
  const { localCommits, changed, added, commit } = found
  const web = remote === null ? null : webAddress(remote.repo)
  return [
    remote?.hadLogin ? note('LOGIN_REMOVED', name, remote.repo) : {},
    remote?.isLocal ? note('REPO_LOCAL', name, remote.repo) : {},
    web === null ? {} : note('REPO_SSH', name, web),
    localCommits !== null && localCommits > 0
      ? note('COMMITS_LOCAL', name, `${localCommits}, ${commit}`)
      : {},
    changed !== null && changed.length > 0 ? note('FILES_CHANGED', name, describe(changed)) : {},
    added.length > 0 ? note('FILES_ADDED', name, describe(added.map(({ path }) => path))) : {},
  ]
}

/** `git@host:owner/name.git` is mostly readable as `https://host/owner/name`. */
function webAddress(repo: string): string | null {
  const [, host, path] = /^(?:ssh:\/\/)?[\w.-]+@([\w.-]+)(?::\d+)?[:/]([^:]+)$/.exec(repo) ?? []
  if (host === undefined || path === undefined) return null
  return `https://${host}/${path.replace(/^\/+|\.git$/g, '')}`
}
