import { DEFAULT_CORE } from '../default-core.ts'
import { isRefName } from '../repo-address.ts'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { readPastedAddress } from './pasted-address.ts'
import { describe } from './shape.ts'

export interface ForeignCore {
  /** 40-hex, or null when it is not known. */
  commit?: string | null | undefined
  /** Tag or branch. */
  ref?: string | null | undefined
  repo?: string | null | undefined
}

/** The core that a foreign file names; without a commit the ref counts, without both the newest. */
export function foreignCore({ commit, ref, repo }: ForeignCore): DraftPart {
  const pasted = repo ? readPastedAddress(repo) : null
  const address = pasted?.repo ?? DEFAULT_CORE
  const isSafe = !ref || isRefName(ref)
  const known = isSafe ? ref : null
  return joinParts([
    {
      comfy: {
        repo: address,
        ...(known ? { ref: known } : {}),
        ...(commit ? { commit: commit.toLowerCase() } : {}),
      },
    },
    repo && pasted === null ? note('VALUE_REFUSED', 'comfy.repo', describe(repo)) : {},
    pasted?.hadLogin ? note('LOGIN_REMOVED', 'comfy', address) : {},
    isSafe ? {} : note('VALUE_REFUSED', 'comfy.ref', describe(ref)),
    commit ? {} : note('CORE_UNKNOWN', known || 'HEAD', address),
  ])
}

/** A release is written with and without its `v`. */
export function releaseTag(version: string | null | undefined): string | null {
  if (!version) return null
  return /^\d+\.\d/.test(version) ? `v${version}` : version
}

/** The interpreter, as a version that uv can look for: the minor one, because patches come and go. */
export function pythonPart(version: string | null | undefined): DraftPart {
  const minor = /^3\.\d+/.exec(version ?? '')?.[0]
  if (minor !== undefined) return { env: { COMFY_PYTHON: minor } }
  return version ? note('VALUE_REFUSED', 'COMFY_PYTHON', describe(version)) : {}
}
