import { expect, test } from 'vitest'
import { proxyAuthorization, proxyOf } from './proxy.ts'

const proxyFor = (env: Record<string, string>, url = 'https://a.org/x') =>
  proxyOf(env, new URL(url))?.href ?? null

test.each([
  [{}, null],
  [{ HTTPS_PROXY: 'http://p:1' }, 'http://p:1/'],
  [{ https_proxy: 'http://small:1', HTTPS_PROXY: 'http://p:1' }, 'http://small:1/'],
  [{ HTTP_PROXY: 'http://p:1' }, null],
  [{ ALL_PROXY: 'socks5h://p:1080' }, 'socks5h://p:1080'],
  [{ HTTPS_PROXY: 'http://p:1', ALL_PROXY: 'socks5://q:2' }, 'http://p:1/'],
  [{ HTTPS_PROXY: 'p:3128' }, 'http://p:3128/'],
  [{ HTTPS_PROXY: ' ' }, null],
] as const)('with %o the proxy is %s', (env, expected) => {
  expect(proxyFor(env)).toBe(expected)
})

test.each([
  ['*', 'https://a.org/', false],
  ['a.org', 'https://a.org/', false],
  ['a.org', 'https://cdn.a.org/', false],
  ['.a.org', 'https://a.org/', false],
  ['*.a.org', 'https://cdn.a.org/', false],
  ['b.org, a.org', 'https://a.org/', false],
  ['a.org:443', 'https://a.org/', false],
  ['a.org:8443', 'https://a.org/', true],
  ['a.org', 'https://evil-a.org/', true],
  ['', 'https://a.org/', true],
  ['127.0.0.1', 'https://127.0.0.1:9/', false],
  ['::1', 'https://[::1]:9/', false],
  ['[::1]:9', 'https://[::1]:9/', false],
  ['[::1]:8', 'https://[::1]:9/', true],
])('NO_PROXY=%j, %s goes through the proxy: %s', (rules, url, expected) => {
  expect(proxyFor({ HTTPS_PROXY: 'http://p:1', NO_PROXY: rules }, url) !== null).toBe(expected)
})

test.each(['ftp://p:1', 'http://', '://'])('%j is no proxy, and nothing goes past it', (text) => {
  expect(() => proxyFor({ HTTPS_PROXY: text })).toThrow(/no address of an HTTP or SOCKS proxy/)
})

test('the login of a proxy is sent decoded', () => {
  expect(proxyAuthorization(new URL('http://p:1'))).toBeNull()
  const header = proxyAuthorization(new URL('http://me:p%40ss%@p:1'))
  expect(header).toBe(`Basic ${Buffer.from('me:p@ss%').toString('base64')}`)
})
