import type { Ctx } from '../core/context.ts'
import { runGit } from './run-git.ts'

export interface IndexEntry {
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule). */
  mode: string
  /** Name of the blob, or the commit of a submodule. */
  object: string
  path: string
}

/** Everything that an index holds, in its order. */
export async function listIndex(
  ctx: Ctx,
  { store, index }: { store: string; index: string },
): Promise<IndexEntry[]> {
  const result = await runGit(ctx, [`--git-dir=${store}`, 'ls-files', '--stage', '-z'], {
    env: { GIT_INDEX_FILE: index },
  })
  return result.stdout.split('\0').flatMap((row) => {
    const [, mode, object, path] = /^(\d{6}) ([0-9a-f]{40}) \d\t(.+)$/s.exec(row) ?? []
    return mode === undefined || object === undefined || path === undefined
      ? []
      : [{ mode, object, path }]
  })
}
