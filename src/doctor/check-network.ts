import { DEFAULT_CORE } from '../spec/default-core.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { parseAddress } from '../git/address.ts'
import { gitReason, runGit } from '../git/run-git.ts'
import { createHttpAgents, destroyAgents, openUrl } from '../platform/open-url.ts'
import { runUv } from '../python/run-uv.ts'
import { reasonOfUv } from '../python/uv-failure.ts'
import { locateUv } from '../python/uv.ts'
import { wheelArguments } from '../python/wheel-arguments.ts'
import { loadSpec } from '../resolve/load-spec.ts'
import { finding } from './finding.ts'
import { withScratchUv } from './scratch-uv.ts'
import type { Check, DoctorOptions, RawFinding } from './types.ts'

/** Proxies in force; with `--online` whether git, Hugging Face and the package index answer. */
export const checkNetwork: Check = { name: 'network', timeoutMs: 60_000, run }

async function run(ctx: Ctx, options: DoctorOptions): Promise<RawFinding[]> {
  const proxies = proxiesOf(ctx.settings.env)
  if (ctx.settings.offline === true) return [...proxies, finding('NETWORK_OFFLINE', {})]
  if (!options.online) return [...proxies, finding('NETWORK_UNASKED', {})]
  const answers = await Promise.all([askGit(ctx, options), askHuggingFace(ctx), askIndex(ctx)])
  return [...proxies, ...answers]
}

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY']

/** Whatever stands before an `@` is a login, with a scheme in front or without. */
function proxiesOf(env: Readonly<Record<string, string>>): RawFinding[] {
  return PROXY_VARIABLES.flatMap((upper) => [upper, upper.toLowerCase()]).flatMap((name) => {
    const value = env[name]
    if (!value) return []
    return [finding('PROXY', { name, value: value.replace(/^([a-z0-9+.-]+:\/\/)?.*@/i, '$1***@') })]
  })
}

/** git knows proxies, logins and certificates of its own, so it is git that asks. */
async function askGit(ctx: Ctx, { version }: DoctorOptions): Promise<RawFinding> {
  const repo = version === null ? DEFAULT_CORE : coreOf(ctx, version)
  const { url } = parseAddress(repo, '/')
  const result = await runGit(ctx, ['ls-remote', '--quiet', '--', url, 'HEAD'])
  if (result.exitCode === 0) return finding('NETWORK_OK', { host: url })
  const reason = gitReason(result, ctx.settings.gitTimeoutMs)
  return finding('NETWORK_FAILED', { host: url, reason })
}

function coreOf(ctx: Ctx, version: NonNullable<DoctorOptions['version']>): string {
  try {
    return loadSpec(ctx, version).spec.comfy.repo
  } catch (error) {
    if (error instanceof ComfypinError) return DEFAULT_CORE // the spec has a check of its own
    throw error
  }
}

async function askHuggingFace(ctx: Ctx): Promise<RawFinding> {
  const host = ctx.settings.hfEndpoint
  const agents = createHttpAgents()
  try {
    const request = { method: 'HEAD', url: host, headers: {}, ownHeaders: {}, agents } as const
    const { body } = await openUrl(ctx, { ...request, idleMs: 20_000 })
    body.discard()
    return finding('NETWORK_OK', { host })
  } catch (error) {
    if (ctx.signal.aborted) throw error
    return finding('NETWORK_FAILED', { host, reason: reasonOf(error) })
  } finally {
    destroyAgents(agents)
  }
}

/** A package that every index of a ComfyUI has: its own requirements name it. */
const COMMON_PACKAGE = 'numpy'

async function askIndex(ctx: Ctx): Promise<RawFinding> {
  const uv = await locateUv(ctx)
  if (uv === null) return finding('PYTHON_UNKNOWN', {})
  return withScratchUv(ctx, async (inner) => {
    const dir = inner.settings.cacheRoot
    writeFileSync(join(dir, 'ask.txt'), `${COMMON_PACKAGE}\n`)
    const args = ['pip', 'compile', '--no-deps', '--quiet', ...wheelArguments(inner)]
    const options = { cwd: dir, offline: false }
    const { exitCode, stderr } = await runUv(inner, uv, [...args, '--', 'ask.txt'], options)
    if (exitCode === 0) return finding('INDEX_OK', { name: COMMON_PACKAGE })
    return finding('INDEX_FAILED', { name: COMMON_PACKAGE, reason: reasonOfUv(stderr) })
  })
}
