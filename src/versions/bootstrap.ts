import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { isCpuTorch } from '../comfy/torch-build.ts'
import { parseAddress, withoutLogin, type RepoAddress } from '../git/address.ts'
import { cloneRepository } from '../git/clone.ts'
import { statIfExists, writeAtomic } from '../platform/files.ts'
import { readJson } from '../platform/read-json.ts'
import { createVenv } from '../python/create-venv.ts'
import { findPython } from '../python/interpreter.ts'
import { installedPackages } from '../python/installed-packages.ts'
import { installRequirements, type TorchMode } from '../python/install-requirements.ts'
import { ensureUv } from '../python/uv.ts'
import { readVenv } from '../python/venv-state.ts'
import { isRepoAddress } from '../spec/repo-address.ts'
import { problemOf } from './create-parts.ts'

export interface BootstrapOptions {
  repo: string
  /** Branch, tag, commit (whole or abbreviated) or `refs/…`; null: the default branch. */
  ref: string | null
  torch: TorchMode
}

export interface BootstrapResult {
  dir: string
  repo: string
  ref: string | null
  commit: string
  torch: TorchMode
  /** `3.11.7` */
  python: string
  packages: number
  /** Arguments that start it, from within `dir`. */
  start: string[]
}

/**
 * A plain ComfyUI as its own documentation makes one (R143): a clone with its history, a `.venv`
 * inside, its requirements installed. An interrupted one goes on where it stopped.
 * @throws ARGUMENT_INVALID, HOME_FOREIGN, BOOTSTRAP_OTHER, and what git and uv throw
 */
export async function bootstrap(
  ctx: Ctx,
  dir: string,
  options: BootstrapOptions,
): Promise<BootstrapResult> {
  const state = readState(dir) ?? (await clone(ctx, dir, options))
  requireSame(dir, state, options)
  const offline = ctx.settings.offline ?? false
  const uv = await ensureUv(ctx, offline)
  const at = join(dir, '.venv')
  const venv =
    readVenv(at) ??
    (await createVenv(ctx, uv, {
      dir: at,
      python: await findPython(ctx, uv, { python: ctx.settings.python, offline }),
    }))
  const requirements = join(dir, 'requirements.txt')
  const { torch } = options
  await installRequirements(ctx, uv, { venv, file: requirements, torch, offline })
  return {
    dir,
    ...state,
    torch,
    python: venv.version,
    packages: installedPackages(venv.sitePackages).length,
    start: ['.venv/bin/python', 'main.py', ...(isCpuTorch(venv.python) ? ['--cpu'] : [])],
  }
}

const stateSchema = z.object({ repo: z.string(), ref: z.string().nullable(), commit: z.string() })

type State = z.infer<typeof stateSchema>

/** Inside `.git`, where it is no change of the work tree. */
function statePath(dir: string): string {
  return join(dir, '.git', 'comfypin-bootstrap.json')
}

function readState(dir: string): State | null {
  return readJson(statePath(dir), stateSchema)
}

const REPO = 'a git repository (https, http, ssh, git, file URL or a path)'

async function clone(ctx: Ctx, dir: string, { repo, ref }: BootstrapOptions): Promise<State> {
  const found = statIfExists(dir)
  if (found !== null && !(found.isDirectory() && readdirSync(dir).length === 0))
    throw new ComfypinError('HOME_FOREIGN', { home: dir })
  if (!isRepoAddress(repo))
    throw new ComfypinError('ARGUMENT_INVALID', { problems: problemOf('repo', repo, REPO) })
  const address = parseAddress(repo, resolve())
  requireReachable(ctx, address, ref)
  const noteState = (staged: string, commit: string) => {
    const state: State = { repo: address.url, ref, commit }
    writeAtomic(statePath(staged), `${JSON.stringify(state, null, 2)}\n`)
  }
  const commit = await cloneRepository(ctx, { address, ref, dir, beforePublish: noteState })
  return { repo: address.url, ref, commit }
}

/** @throws GIT_REMOTE_FAILED: offline, only a repository of this machine can be cloned */
function requireReachable(ctx: Ctx, { kind, url }: RepoAddress, ref: string | null): void {
  if (ctx.settings.offline !== true || kind === 'local') return
  const params = { repo: withoutLogin(url), ref: ref ?? 'HEAD', reason: 'offline' }
  throw new ComfypinError('GIT_REMOTE_FAILED', params)
}

/** The work tree is the user's by now: another ref is theirs to check out. */
function requireSame(dir: string, state: State, { repo, ref }: BootstrapOptions): void {
  const wanted = parseAddress(repo, resolve()).url
  const isSame = state.repo === wanted && (ref === null || ref === state.ref)
  if (!isSame)
    throw new ComfypinError('BOOTSTRAP_OTHER', {
      dir,
      found: `${state.repo} ${state.ref ?? state.commit}`,
      wanted: `${wanted} ${ref ?? ''}`.trim(),
    })
}
