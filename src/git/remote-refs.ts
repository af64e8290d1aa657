import type { Ctx } from '../core/context.ts'
import { createHttpAgents, destroyAgents, openUrl } from '../platform/open-url.ts'
import { mirrored, type RepoAddress } from './address.ts'
import { authorization } from './credentials.ts'
import { collectRefs, parseAdvertisement, type RemoteRefs } from './pkt-line.ts'
import { remoteError, runGit } from './run-git.ts'

/** No repository announces more than this; a hostile one may try. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * All refs of a repository in one request. Over HTTP the request is made here (no process to
 * start); whatever it cannot do (login helpers, `insteadOf`, proxies, dumb servers) is left to git.
 * @throws GIT_AUTH, GIT_REMOTE_FAILED
 */
export async function readRemoteRefs(
  ctx: Ctx,
  address: RepoAddress,
  ref: string,
): Promise<RemoteRefs> {
  return (
    (address.kind === 'http'
      ? await askDirectly(ctx, mirrored(ctx.settings, address.url))
      : null) ?? (await askGit(ctx, address, ref))
  )
}

async function askDirectly(ctx: Ctx, repo: string): Promise<RemoteRefs | null> {
  const { env, gitTimeoutMs } = ctx.settings
  if (
    ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'all_proxy'].some(
      (name) => env[name],
    )
  )
    return null
  const url = new URL(`${repo.replace(/\/+$/, '')}/info/refs?service=git-upload-pack`)
  const agents = createHttpAgents()
  try {
    const { status, body } = await openUrl(ctx, {
      method: 'GET',
      url: url.href,
      headers: { accept: '*/*', 'user-agent': 'git/comfypin' },
      ownHeaders: authorization(ctx, url),
      agents,
      idleMs: gitTimeoutMs,
    })
    const bytes = status === 200 ? await readLimited(body.chunks(gitTimeoutMs)) : null
    return bytes === null ? null : parseAdvertisement(bytes)
  } catch {
    return null // git asks once more and words the failure, with its own proxies, certificates and logins
  } finally {
    destroyAgents(agents)
  }
}

async function readLimited(body: AsyncIterable<Uint8Array>): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function askGit(ctx: Ctx, address: RepoAddress, ref: string): Promise<RemoteRefs> {
  const result = await runGit(ctx, ['ls-remote', '--symref', '--', address.url])
  if (result.exitCode !== 0) throw remoteError(address.url, ref, result, ctx.settings.gitTimeoutMs)
  const rows = result.stdout.split('\n').map((row) => row.trim())
  return {
    headRef: /^ref:\s+(\S+)\s+HEAD$/m.exec(result.stdout)?.[1] ?? null,
    commits: collectRefs(rows),
  }
}
