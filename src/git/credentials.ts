import type { Ctx } from '../core/context.ts'
import { runGit } from './run-git.ts'

/** Logins that are known without asking anybody: in the address, or the token of github.com. */
export function authorization(ctx: Ctx, url: URL): Record<string, string> {
  const token =
    url.protocol === 'https:' && url.host === 'github.com' ? ctx.settings.githubToken : null
  return token === null
    ? basic(decodeURIComponent(url.username), decodeURIComponent(url.password))
    : basic('x-access-token', token)
}

/** The login that git's credential helpers have for a host; empty when they have none. */
export async function helperAuthorization(ctx: Ctx, url: URL): Promise<Record<string, string>> {
  const input = `protocol=${url.protocol.slice(0, -1)}\nhost=${url.host}\npath=${url.pathname.slice(1)}\n\n`
  const { exitCode, stdout } = await runGit(ctx, ['credential', 'fill'], { input })
  const valueOf = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? ''
  return exitCode === 0 ? basic(valueOf('username'), valueOf('password')) : {}
}

function basic(user: string, password: string): Record<string, string> {
  if (user === '' && password === '') return {}
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}
