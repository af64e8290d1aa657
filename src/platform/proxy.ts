import { UrlError } from './url-error.ts'

/** `HTTP_PROXY`, `http_proxy` and their kin, as in curl: lower case wins. */
type Env = Readonly<Record<string, string>>

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }
const KNOWN = ['http:', 'https:', 'socks:', 'socks4:', 'socks4a:', 'socks5:', 'socks5h:']

/**
 * The proxy that requests to `url` go through, or null for none: `HTTP_PROXY`, `HTTPS_PROXY`, else
 * `ALL_PROXY`, unless `NO_PROXY` names the host. Read from the settings, not from the process: the
 * spec's environment counts too (R12).
 * @throws UrlError when the value is no address of a proxy: a direct request would be a surprise
 */
export function proxyOf(env: Env, url: URL): URL | null {
  if (isExcluded(env, url)) return null
  const scheme = url.protocol.slice(0, -1)
  const text = read(env, `${scheme}_proxy`) ?? read(env, 'all_proxy')
  if (text === null) return null
  const full = text.includes('://') ? text : `http://${text}`
  const proxy = URL.canParse(full) ? new URL(full) : null
  if (proxy !== null && KNOWN.includes(proxy.protocol)) return proxy
  throw new UrlError('EPROXY', `the proxy for ${scheme} is no address of an HTTP or SOCKS proxy`)
}

/** The value of `Proxy-Authorization`, or null when the proxy's address has no login. */
export function proxyAuthorization({ username, password }: URL): string | null {
  if (username === '' && password === '') return null
  const login = `${decoded(username)}:${decoded(password)}`
  return `Basic ${Buffer.from(login).toString('base64')}`
}

/** User names and passwords stand percent-encoded in an address; a stray `%` means itself. */
export function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
  )
}

/** `*`, `host`, `.domain`, `*.domain`, each with an optional port; a name covers what is below it. */
function isExcluded(env: Env, url: URL): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '')
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : url.port
  return (read(env, 'no_proxy') ?? '').split(/[\s,]+/).some((entry) => {
    const rule = /^(\[[^\]]+\]|[^:]+|.*:.*:.*?)(?::(\d+))?$/.exec(entry.toLowerCase())
    const name = (rule?.[1] ?? '').replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
    if (name === '' || (rule?.[2] !== undefined && rule[2] !== port)) return false
    return name === '*' || host === name || host.endsWith(`.${name}`)
  })
}

function read(env: Env, name: string): string | null {
  return env[name]?.trim() || env[name.toUpperCase()]?.trim() || null
}
