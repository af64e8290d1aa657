import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { gitReason, runGit } from './run-git.ts'

/** Same files, same commit, on every machine. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'comfypin',
  GIT_AUTHOR_EMAIL: 'demo@comfypin.invalid',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'comfypin',
  GIT_COMMITTER_EMAIL: 'demo@comfypin.invalid',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
}

/** Make a repository with one commit out of a folder that ships with the package. Returns the commit. */
export async function embedRepository(ctx: Ctx, from: string, to: string): Promise<string> {
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { recursive: true })
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !path.endsWith('__pycache__') && existsSync(path),
  })
  const git = [
    `--git-dir=${to}/.git`,
    `--work-tree=${to}`,
    '-c',
    'commit.gpgSign=false',
    '-c',
    'core.fileMode=false',
    '-c',
    'core.excludesFile=',
  ]
  await run(ctx, ['init', '--quiet', '--template=', '--', to], to)
  await run(ctx, [...git, 'add', '--all', '--force'], to)
  await run(ctx, [...git, 'commit', '--quiet', '--no-verify', '--message', 'embedded'], to)
  return (await run(ctx, [...git, 'rev-parse', 'HEAD'], to)).trim()
}

async function run(ctx: Ctx, args: readonly string[], repo: string): Promise<string> {
  const result = await runGit(ctx, args, { env: IDENTITY })
  if (result.exitCode === 0) return result.stdout
  throw new ComfypinError('GIT_FAILED', {
    verb: args.find((arg) => /^[a-z]/.test(arg)) ?? '',
    repo,
    reason: gitReason(result, 0),
  })
}
