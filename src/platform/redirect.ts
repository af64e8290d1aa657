import { UrlError } from './url-error.ts'

const MAX_REDIRECTS = 10

/** Where an answer sends the client on, or null when it is no redirect. */
export function redirectTarget(
  status: number,
  location: string | undefined,
  from: URL,
): URL | null {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return null
  if (!URL.canParse(location, from.href))
    throw new UrlError('EREDIRECT', `${from.host} redirects to something that is no address`)
  return parseHttpUrl(new URL(location, from).href)
}

/** Remembers the hops of one chain; `add` throws when it is a circle or too long. */
export function createHops(): { add(url: URL): void } {
  const seen = new Set<string>()
  return {
    add(url) {
      if (seen.has(url.href))
        throw new UrlError('EREDIRECT', `redirects in a circle at ${url.host}`)
      if (seen.size > MAX_REDIRECTS)
        throw new UrlError('EREDIRECT', `more than ${MAX_REDIRECTS} redirects`)
      seen.add(url.href)
    },
  }
}

/** Credentials inside an address are dropped: they would be sent by Node without any rule. */
export function parseHttpUrl(text: string): URL {
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UrlError('EPROTOCOL', `${url.protocol} is not http or https`)
  url.username = ''
  url.password = ''
  url.hash = ''
  return url
}

/** True when credentials meant for `origin` may go to `hop`: same host and port, no loss of https. */
export function isOwnHost(origin: URL, hop: URL): boolean {
  const samePort = origin.port === hop.port
  return (
    origin.hostname === hop.hostname &&
    samePort &&
    (origin.protocol === hop.protocol || hop.protocol === 'https:')
  )
}
