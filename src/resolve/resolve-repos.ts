import type { Ctx } from '../core/context.ts'
import { isCommit, parseAddress } from '../git/address.ts'
import { pickCommit } from '../git/pick-commit.ts'
import type { RemoteRefs } from '../git/pkt-line.ts'
import { readRemoteRefs } from '../git/remote-refs.ts'
import type { SpecRepo } from '../spec/types.ts'
import { settleAll } from './settle-all.ts'
import type { LockCore } from './types.ts'

/** A repository of the spec and what the lock already knows of it. */
export interface RepoRequest {
  wanted: SpecRepo
  /** The pin to keep; null asks the remote. */
  known: LockCore | null
}

/**
 * Pin every repository: known pins and full commits cost nothing, the rest is one request per
 * repository, all at once (R23–R29). Offline, an unknown commit stays null with a warning.
 * @throws GIT_REF_NOT_FOUND, GIT_SHORT_COMMIT, GIT_AUTH, GIT_REMOTE_FAILED
 */
export async function resolveRepos(
  ctx: Ctx,
  requests: readonly RepoRequest[],
  offline: boolean,
): Promise<LockCore[]> {
  const asked = new Map<string, Promise<RemoteRefs>>()
  const refsOf = (repo: SpecRepo): Promise<RemoteRefs> => {
    const known = asked.get(repo.repo)
    if (known !== undefined) return known
    const answer = readRemoteRefs(ctx, parseAddress(repo.repo, '/'), wantedRef(repo) ?? 'HEAD')
    asked.set(repo.repo, answer)
    return answer
  }
  return settleAll(requests.map((request) => resolveOne(ctx, request, offline, refsOf)))
}

async function resolveOne(
  ctx: Ctx,
  { wanted, known }: RepoRequest,
  offline: boolean,
  refsOf: (repo: SpecRepo) => Promise<RemoteRefs>,
): Promise<LockCore> {
  const ref = wantedRef(wanted)
  const full = fullCommit(wanted)
  if (full !== null) return { repo: wanted.repo, ref: wanted.ref, commit: full }
  if (known !== null) return known
  if (offline) {
    ctx.emit({ type: 'warning', code: 'OFFLINE_UNRESOLVED', params: { repo: wanted.repo } })
    return { repo: wanted.repo, ref, commit: null }
  }
  const commit = pickCommit(await refsOf(wanted), wanted.repo, ref)
  if (wanted.commit !== null)
    ctx.emit({
      type: 'warning',
      code: 'SPEC_BRANCH_AS_COMMIT',
      params: { repo: wanted.repo, value: wanted.commit, commit },
    })
  return { repo: wanted.repo, ref, commit }
}

/** The name that a moving pin follows: a branch written in `commit` counts as its ref. */
export function wantedRef(repo: SpecRepo): string | null {
  return repo.commit === null || isCommit(repo.commit.toLowerCase()) ? repo.ref : repo.commit
}

export function fullCommit(repo: SpecRepo): string | null {
  return [repo.commit, repo.ref].map((value) => value?.toLowerCase() ?? '').find(isCommit) ?? null
}
