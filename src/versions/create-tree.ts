import type { Ctx } from '../core/context.ts'
import { parseAddress } from '../git/address.ts'
import { readRemoteRefs } from '../git/remote-refs.ts'
import type { PackArgument, RawEntry } from '../spec/parse-pack-argument.ts'

/**
 * Where `/tree/a/b/c` was pasted, the remote knows whether the branch is `a`, `a/b` or `a/b/c`; the
 * rest is a folder. The longest name that exists wins, as on the page itself.
 * @param ask false: without the network the first part is the branch
 * @throws GIT_AUTH, GIT_REMOTE_FAILED
 */
export async function settleTree(
  ctx: Ctx,
  { entry, tree }: PackArgument,
  ask: boolean,
): Promise<RawEntry> {
  const { repo } = entry
  if (tree === null || typeof repo !== 'string' || !ask) return entry
  const { commits } = await readRemoteRefs(ctx, parseAddress(repo, '/'), tree)
  const parts = tree.split('/')
  for (let length = parts.length; length > 1; length--) {
    const ref = parts.slice(0, length).join('/')
    if (!commits.has(`refs/heads/${ref}`) && !commits.has(`refs/tags/${ref}`)) continue
    const { subdir: _, ...rest } = entry
    const subdir = parts.slice(length).join('/')
    return { ...rest, ref, ...(subdir === '' ? {} : { subdir }) }
  }
  return entry
}
