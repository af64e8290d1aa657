import { parseRepoArgument, type RepoArgument } from './parse-repo-argument.ts'

/** One entry of a list in a spec as it is written; the spec's own parser judges it. */
export type RawEntry = Readonly<Record<string, unknown>>

export interface PackArgument {
  entry: RawEntry
  /** See `RepoArgument.tree`. */
  tree: string | null
}

/**
 * Read a pack from the command line: a repository as `parseRepoArgument` takes it, or an id of the
 * Comfy registry, `id` or `id@version`.
 * @returns text of what was expected when it is neither
 */
export function parsePackArgument(text: string, cwd: string): PackArgument | string {
  const [, registry, version] = /^([A-Za-z0-9][\w.-]*)(?:@([^/:@\s]*))?$/.exec(text.trim()) ?? []
  if (registry !== undefined) {
    if (version === '') return 'a version after "@"'
    const isNewest = version === undefined || version === 'latest'
    return { entry: { registry, ...(isNewest ? {} : { version }) }, tree: null }
  }
  const read = parseRepoArgument(text, cwd)
  return typeof read === 'string' ? read : { entry: repoEntry(read), tree: read.tree }
}

/** A repository in the form of a spec. */
export function repoEntry({ repo, ref, subdir }: Omit<RepoArgument, 'tree'>): RawEntry {
  const isCommit = ref !== null && /^[0-9a-f]{40}$/i.test(ref)
  return {
    repo,
    ...(ref === null ? {} : isCommit ? { commit: ref.toLowerCase() } : { ref }),
    ...(subdir === null ? {} : { subdir }),
  }
}
