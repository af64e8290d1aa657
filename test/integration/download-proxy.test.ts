import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { TUNING } from '../../src/download/tuning.ts'
import { createHttpAgents, destroyAgents, openUrl } from '../../src/platform/open-url.ts'
import { startChaosServer, type ChaosOptions } from '../helpers/chaos-server.ts'
import { createDownload } from '../helpers/download.ts'
import { startHttpProxy, startSocksProxy, type ProxyServer } from '../helpers/proxy-server.ts'
import { selfSigned, type SelfSigned } from '../helpers/self-signed.ts'
import { whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const body = randomBytes(100_000)
const LOGIN = 'me:p@ss'
const SENT_LOGIN = 'me:p%40ss'

async function serve(options: Partial<ChaosOptions> = {}) {
  const server = await startChaosServer({
    files: new Map([['/model.pt', body]]),
    bytesPerSecond: 1 << 20,
    ...options,
  })
  whenOver(server.stop)
  return server
}

async function proxied(starting: Promise<ProxyServer>) {
  const proxy = await starting
  whenOver(proxy.stop)
  return proxy
}

/** Download and probe with these variables set; what arrived by each way. */
async function fetchBoth(url: string, env: Record<string, string>) {
  const download = createDownload(`${url}/model.pt`, { settings: { env } })
  await download.run()
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const { ctx } = createTestCtx({ env })
  const common = { method: 'GET', headers: {}, ownHeaders: {}, agents, idleMs: 10_000 } as const
  const { status, body: chunks } = await openUrl(ctx, { ...common, url: `${url}/model.pt` })
  const probed: Buffer[] = []
  for await (const chunk of chunks.chunks(10_000)) probed.push(chunk)
  expect(status).toBe(200)
  expect(
    [readFileSync(download.target), Buffer.concat(probed)].map((one) => one.equals(body)),
  ).toEqual([true, true])
}

const trust = ({ certFile }: SelfSigned) => ({ SSL_CERT_FILE: certFile })

test('https goes through CONNECT, many times at once, with the login of the proxy', async () => {
  const tls = await selfSigned()
  const server = await serve({ tls })
  const proxy = await proxied(startHttpProxy(LOGIN))
  await fetchBoth(server.url, {
    ...trust(tls),
    HTTPS_PROXY: `http://${SENT_LOGIN}@${proxy.host}`,
  })
  expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${new URL(server.url).host}`]))
  expect(proxy.asked.length).toBeGreaterThan(2)
  expect(JSON.stringify(server.requests)).not.toContain('proxy-authorization')
})

test('http is relayed by its full address', async () => {
  const server = await serve()
  const proxy = await proxied(startHttpProxy(LOGIN))
  await fetchBoth(server.url, { http_proxy: `http://${SENT_LOGIN}@${proxy.host}` })
  expect(new Set(proxy.asked)).toEqual(new Set([`GET ${server.url}/model.pt`]))
  expect(JSON.stringify(server.requests)).not.toContain('proxy-authorization')
})

test.each([
  ['http', null],
  ['https', LOGIN],
])('a SOCKS5 proxy takes %s with the login %s', async (scheme, login) => {
  const tls = await selfSigned()
  const server = await serve(scheme === 'https' ? { tls } : {})
  const proxy = await proxied(startSocksProxy(login))
  const user = login === null ? '' : `${SENT_LOGIN}@`
  await fetchBoth(server.url, { ...trust(tls), ALL_PROXY: `socks5h://${user}${proxy.host}` })
  expect(new Set(proxy.asked)).toEqual(new Set([`SOCKS ${new URL(server.url).host}`]))
})

test('hosts that NO_PROXY names are reached directly', async () => {
  const server = await serve()
  const proxy = await proxied(startHttpProxy())
  await fetchBoth(server.url, { HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: 'a.org,127.0.0.1' })
  expect(proxy.asked).toEqual([])
})

test.each([
  ['https', startHttpProxy, 'http', /answers 407 to CONNECT/],
  ['https', startSocksProxy, 'socks5', /refuses/],
] as const)(
  'a proxy that refuses a login is named, its login is not (%s, %o)',
  async (_, start, scheme, reason) => {
    const tls = await selfSigned()
    const server = await serve({ tls })
    const proxy = await proxied(start(LOGIN))
    const env = { ...trust(tls), HTTPS_PROXY: `${scheme}://me:wrong@${proxy.host}` }
    const download = createDownload(`${server.url}/model.pt`, { settings: { env } })
    const failure = await download.run().catch((error: unknown) => String(error))
    expect(failure).toMatch(reason)
    expect(failure).toContain(proxy.host)
    expect(failure).not.toContain('wrong')
  },
)

test('a proxy that is not there is a failure that names the reason', async () => {
  const server = await serve()
  const proxy = await startHttpProxy()
  await proxy.stop()
  const env = { HTTP_PROXY: `http://${proxy.host}` }
  const download = createDownload(`${server.url}/model.pt`, { settings: { env } })
  await expect(download.run()).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    params: { reason: expect.stringContaining('ECONNREFUSED') },
  })
  expect(server.requests).toHaveLength(0)
})

test('ranges over TLS, with a certificate of SSL_CERT_FILE', async () => {
  const tls = await selfSigned()
  const server = await serve({ tls })
  const download = createDownload(`${server.url}/model.pt`, { settings: { env: trust(tls) } })
  await download.run()
  expect(server.peak).toBeGreaterThan(2)
  expect(readFileSync(download.target).equals(body)).toBe(true)
})

test('a server that fills this machine with one connection keeps it alone', async () => {
  const files = new Map([['/big.pt', randomBytes(24 << 20)]])
  const requestsOf = async (bytesPerSecond: number | undefined, fastRate: number) => {
    const limit = bytesPerSecond === undefined ? {} : { bytesPerSecond }
    const server = await startChaosServer({ files, ...limit })
    whenOver(server.stop)
    const tuning = { ...TUNING, windowMs: 60_000, fastRate }
    await createDownload(`${server.url}/big.pt`, { tuning }).run()
    return server.requests.length
  }
  expect(await requestsOf(undefined, 0)).toBe(1)
  expect(await requestsOf(16 << 20, Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(6)
})

test('every byte of a big file over TLS stands where it should', async () => {
  const tls = await selfSigned()
  const big = randomBytes(24 << 20)
  const files = new Map([['/big.pt', big]])
  const server = await startChaosServer({ files, tls, bytesPerSecond: 16 << 20 })
  whenOver(server.stop)
  const options = {
    settings: { env: trust(tls) },
    tuning: { ...TUNING, fastRate: Number.POSITIVE_INFINITY },
  }
  const download = createDownload(`${server.url}/big.pt`, options)
  await download.run()
  expect(server.peak).toBeGreaterThan(2)
  expect(readFileSync(download.target).equals(big)).toBe(true)
})

test('a certificate of NODE_EXTRA_CA_CERTS counts beside those of SSL_CERT_FILE', async () => {
  const [tls, other] = await Promise.all([selfSigned(), selfSigned(['other.example'])])
  const server = await serve({ tls })
  const env = { SSL_CERT_FILE: other.certFile, NODE_EXTRA_CA_CERTS: tls.certFile }
  const download = createDownload(`${server.url}/model.pt`, { settings: { env } })
  await download.run()
  expect(readFileSync(download.target).equals(body)).toBe(true)
})

test('an SSL_CERT_FILE that is not there is named', async () => {
  const tls = await selfSigned()
  const server = await serve({ tls })
  const env = { SSL_CERT_FILE: `${tls.certFile}.absent` }
  const download = createDownload(`${server.url}/model.pt`, { settings: { env } })
  await expect(download.run()).rejects.toMatchObject({
    params: { reason: expect.stringContaining('cert.pem.absent') },
  })
})

test('a host may be an IPv6 address', async (ctx) => {
  const all = Object.values(networkInterfaces()).flat()
  if (!all.some((one) => one?.address === '::1')) return ctx.skip('no IPv6 loopback here')
  const server = await serve({ host: '::1' })
  await fetchBoth(server.url, {})
})
