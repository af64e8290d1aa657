import { isRefName, isRepoAddress } from '../repo-address.ts'
import { withoutLogin } from './foreign-address.ts'

/** A repository as other tools write it: an address, a page of a ref, `repo@ref`. */
export interface PastedAddress {
  repo: string
  /** Branch, tag or commit that the address itself named. */
  ref: string | null
  hadLogin: boolean
}

/** Pages of GitHub, GitLab and Bitbucket that show one ref of a repository (formats.md D1). */
const PAGE =
  /^(https?:\/\/[^/?#]+\/[^/?#]+\/[^?#]+?)(?:\.git)?\/(?:-\/)?(?:tree|commits?|releases\/tag|src|-\/tags)\/([^?#]+)$/i

/** Of an address that any program could use. */
const MAX_LENGTH = 2000

/**
 * What a foreign file names as a repository; null for anything that is none, and for paths and
 * `file:` addresses: a file from somewhere else cannot know the folders of this machine.
 */
export function readPastedAddress(text: string): PastedAddress | null {
  if (text.length > MAX_LENGTH) return null
  const { address, hadLogin } = withoutLogin(text.trim().replace(/^git\+/i, ''))
  const page = PAGE.exec(address)
  if (page?.[1] !== undefined && page[2] !== undefined)
    return checked(page[1], page[2].replace(/\/+$/, ''), hadLogin)
  const at = /^(.*[/:][^/@]+)@([^@:]+)$/.exec(address)
  if (at?.[1] !== undefined && isRemote(at[1])) return checked(at[1], at[2] ?? '', hadLogin)
  return checked(address.replace(/[?#].*$/, ''), null, hadLogin)
}

function checked(repo: string, ref: string | null, hadLogin: boolean): PastedAddress | null {
  const clean = repo.replace(/\/+$/, '')
  if (!isRemote(clean) || !isRepoAddress(clean)) return null
  return ref !== null && !isRefName(ref) ? null : { repo: clean, ref, hadLogin }
}

function isRemote(address: string): boolean {
  return (
    /^(?:https?|ssh|git):\/\/[^/\s]+\/\S/i.test(address) ||
    /^[\w.-]+@[\w.-]+:(?!\/\/)\S+$/.test(address)
  )
}
