import type { DraftPack } from '../draft.ts'
import { isPackName, isRefName, repoName } from '../repo-address.ts'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { readPastedAddress } from './pasted-address.ts'
import { describe } from './shape.ts'

export interface GitPin {
  /** Commit, branch or tag; what the address itself names counts when there is none. */
  ref?: string | null | undefined
  /** Folder in `custom_nodes`; the repository's name when absent. */
  name?: string | null | undefined
  /** Folder of the repository that is the pack. */
  subdir?: string | null | undefined
}

/** A pack that a foreign file gives as a repository. */
export function gitPack(address: string, pin: GitPin = {}): DraftPart {
  const pasted = readPastedAddress(address)
  if (pasted === null) return note('VALUE_REFUSED', 'custom_nodes', describe(address))
  const { repo, hadLogin } = pasted
  const ref = pin.ref || pasted.ref
  const name = pin.name || repoName(repo)
  if (!isPackName(name)) return note('VALUE_REFUSED', repo, name)
  if (ref !== null && !isRefName(ref)) return note('VALUE_REFUSED', repo, describe(ref))
  const pack: DraftPack = {
    repo,
    ...pinFields(ref),
    ...(pin.subdir ? { subdir: pin.subdir } : {}),
    ...(name === repoName(repo) ? {} : { name }),
  }
  return joinParts([
    { packs: [pack] },
    hadLogin ? note('LOGIN_REMOVED', name, repo) : {},
    ref === null ? note('PACK_NOT_PINNED', name, repo) : {},
    isShortCommit(ref) ? note('COMMIT_SHORT', name, ref ?? '') : {},
  ])
}

/** A 40-hex name, or a short one, is a commit; anything else is a branch or tag. */
function pinFields(ref: string | null): Pick<DraftPack, 'ref' | 'commit'> {
  if (ref === null) return {}
  if (/^[0-9a-f]{40}$/i.test(ref)) return { commit: ref.toLowerCase() }
  return isShortCommit(ref) ? { commit: ref } : { ref }
}

/** Seven letters from a to f alone are a word, such as a branch might have. */
function isShortCommit(ref: string | null): boolean {
  return ref !== null && /^(?=.*\d)[0-9a-f]{7,39}$/i.test(ref)
}

/** A pack that a foreign file gives as a package of the registry. */
export function registryPack(
  id: string,
  version: string | null | undefined,
  folder: string | null = null,
): DraftPart {
  if (!/^[A-Za-z0-9][\w.-]{0,127}$/.test(id) || !isPackName(id))
    return note('VALUE_REFUSED', 'custom_nodes', describe(id))
  const isVersion = /^\d[\w.+-]*$/.test(version ?? '')
  const name = folder === null || folder === id || !isPackName(folder) ? {} : { name: folder }
  const pack: DraftPack = {
    registry: id,
    ...(isVersion ? { version: version ?? '' } : {}),
    ...name,
  }
  return joinParts([
    { packs: [pack] },
    isVersion ? {} : note('PACK_NOT_PINNED', id, describe(version ?? '-')),
  ])
}
