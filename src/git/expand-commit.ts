import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { randomName } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import type { RepoAddress } from './address.ts'
import { runGit } from './run-git.ts'

/**
 * The full name of an abbreviated commit. The protocol cannot ask for one, so all commits of all
 * branches and tags are fetched, without any file of theirs.
 * @returns null when the remote cannot be read, or when none or several commits begin so
 * @throws GIT_MISSING, INTERRUPTED
 */
export async function expandCommit(
  ctx: Ctx,
  address: RepoAddress,
  short: string,
): Promise<string | null> {
  const store = join(cachePaths(ctx.settings.cacheRoot).tmp, `expand-${randomName()}`)
  try {
    mkdirSync(store, { recursive: true })
    await runGit(ctx, ['init', '--quiet', '--bare', '--', store])
    const heads = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
    const fetch = ['fetch', '--quiet', '--no-tags', '--filter=tree:0', '--no-write-fetch-head']
    const git = [`--git-dir=${store}`]
    await runGit(ctx, [...git, ...fetch, '--', address.url, ...heads])
    const found = await runGit(ctx, [...git, 'rev-list', '--all', '--'])
    const full = found.stdout.split('\n').filter((commit) => commit.startsWith(short.toLowerCase()))
    return full.length === 1 ? (full[0] ?? null) : null
  } finally {
    rmSync(store, { recursive: true, force: true })
  }
}
