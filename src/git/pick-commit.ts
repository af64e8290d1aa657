import { ComfypinError } from '../core/errors.ts'
import type { RemoteRefs } from './pkt-line.ts'

/**
 * The commit of a branch or tag: exact names alone, a branch before a tag (R29).
 * @param ref null: the default branch
 * @throws GIT_REF_NOT_FOUND with the names that exist, GIT_SHORT_COMMIT
 */
export function pickCommit(refs: RemoteRefs, repo: string, ref: string | null): string {
  const names =
    ref === null
      ? ['HEAD', refs.headRef ?? 'HEAD']
      : ref.startsWith('refs/')
        ? [ref]
        : [`refs/heads/${ref}`, `refs/tags/${ref}`]
  const commit = names.map((name) => refs.commits.get(name)).find((found) => found !== undefined)
  if (commit !== undefined) return commit
  if (ref !== null && /^[0-9a-f]{7,39}$/i.test(ref))
    throw new ComfypinError('GIT_SHORT_COMMIT', { commit: ref, repo })
  throw new ComfypinError('GIT_REF_NOT_FOUND', {
    ref: ref ?? 'HEAD',
    repo,
    known: describeRefs(refs),
  })
}

function describeRefs(refs: RemoteRefs): string {
  const under = (prefix: string) =>
    [...refs.commits.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
  return `${list('branches', under('refs/heads/'))}; ${list('tags', under('refs/tags/').toReversed())}`
}

function list(title: string, names: readonly string[]): string {
  if (names.length === 0) return `no ${title}`
  const more = names.length > 8 ? `, … (${names.length})` : ''
  return `${title} ${names.slice(0, 8).join(', ')}${more}`
}
