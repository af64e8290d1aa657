import type { Ctx } from '../core/context.ts'
import { reasonOf } from '../core/errors.ts'
import { createHttpAgents, destroyAgents, openUrl } from '../platform/open-url.ts'
import { variables } from '../platform/settings.ts'
import { finding } from './finding.ts'
import type { Check, DoctorOptions, RawFinding } from './types.ts'

/** Which tokens are set and where each is sent; with `--online` also whether it is accepted (R58, R59). */
export const checkTokens: Check = { name: 'tokens', timeoutMs: 30_000, run }

interface Token {
  name: string
  value: string | null
  /** An address of the token's own host that answers 401 to a wrong one. */
  url: string
  scheme: 'Bearer' | 'Basic'
}

async function run(ctx: Ctx, { online }: DoctorOptions): Promise<RawFinding[]> {
  return Promise.all(
    tokensOf(ctx).map(async (token) => {
      const { name, value } = token
      const { host } = new URL(token.url)
      if (value === null) return finding('TOKEN_ABSENT', { name })
      if (!online || ctx.settings.offline === true) return finding('TOKEN_SET', { name, host })
      return ask(ctx, token, host)
    }),
  )
}

function tokensOf({ settings }: Ctx): Token[] {
  return [
    {
      name: variables.hfToken.name,
      value: settings.hfToken,
      url: `${settings.hfEndpoint}/api/whoami-v2`,
      scheme: 'Bearer',
    },
    {
      name: variables.civitaiToken.name,
      value: settings.civitaiToken,
      url: `${settings.civitaiEndpoint}/api/v1/me`,
      scheme: 'Bearer',
    },
    {
      // a public repository answers 401 all the same when a login comes with the request
      name: variables.githubToken.name,
      value: settings.githubToken,
      url: 'https://github.com/git/git.git/info/refs?service=git-upload-pack',
      scheme: 'Basic',
    },
  ]
}

async function ask(ctx: Ctx, { name, value, url, scheme }: Token, host: string) {
  const credentials =
    scheme === 'Basic' ? Buffer.from(`x-access-token:${value}`).toString('base64') : (value ?? '')
  const agents = createHttpAgents()
  try {
    const { status, body } = await openUrl(ctx, {
      method: 'GET',
      url,
      headers: { accept: '*/*' },
      ownHeaders: { authorization: `${scheme} ${credentials}` },
      agents,
      idleMs: 15_000,
    })
    body.discard()
    if (status < 300) return finding('TOKEN_ACCEPTED', { name, host })
    if (status === 401 || status === 403) return finding('TOKEN_REFUSED', { name, host, status })
    return finding('TOKEN_UNKNOWN', { name, host, reason: `HTTP ${status}` })
  } catch (error) {
    if (ctx.signal.aborted) throw error
    return finding('TOKEN_UNKNOWN', { name, host, reason: reasonOf(error) })
  } finally {
    destroyAgents(agents)
  }
}
