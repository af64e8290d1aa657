import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { transfer } from '../../src/download/transfer.ts'
import { startFileServer, type FileServerOptions } from '../helpers/file-server.ts'
import { selfSigned } from '../helpers/self-signed.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const files = new Map([['/model.pt', Buffer.from('the bytes')]])
const secret = { authorization: 'Bearer secret', 'x-api-key': 'secret' }

async function serve(options: Partial<FileServerOptions> = {}) {
  const server = await startFileServer({ files, ...options })
  whenOver(server.stop)
  return server
}

async function download(url: string, env: Record<string, string> = {}) {
  const target = join(tempDir('redirect'), 'model.pt')
  await transfer(createTestCtx({ downloadRetryMs: 1, env }).ctx, {
    id: 'model',
    source: url,
    url,
    headers: secret,
    target,
    expectedSize: null,
    checksum: null,
    describe: String,
    renew: null,
    agents: null,
  })
  return readFileSync(target, 'utf8')
}

test('credentials reach their own host and the hops on it', async () => {
  const origin = await serve({ token: 'secret' })
  origin.faults = [{ path: '/start.pt', redirectTo: '/model.pt' }]
  expect(await download(`${origin.url}/start.pt`)).toBe('the bytes')
  expect(origin.requests.map(({ headers }) => headers['x-api-key'])).toEqual(['secret', 'secret'])
})

test.each([
  ['another port', '127.0.0.1'],
  ['another host', '127.0.0.2'],
])('credentials never reach %s', async (_name, host) => {
  const stranger = await serve({ host })
  const origin = await serve({ faults: [{ redirectTo: `${stranger.url}/model.pt` }] })
  expect(await download(`${origin.url}/model.pt`)).toBe('the bytes')
  expect(origin.requests[0]?.headers).toMatchObject(secret)
  expect(JSON.stringify(stranger.requests)).not.toContain('secret')
})

test('a redirect by way of a stranger brings them back to their own host alone', async () => {
  const stranger = await serve({ host: '127.0.0.2' })
  const origin = await serve({ token: 'secret' })
  origin.faults = [{ path: '/start.pt', redirectTo: `${stranger.url}/hop` }]
  stranger.faults = [{ redirectTo: `${origin.url}/model.pt` }]
  expect(await download(`${origin.url}/start.pt`)).toBe('the bytes')
  expect(JSON.stringify(stranger.requests)).not.toContain('secret')
})

test('credentials never go from https down to http', async () => {
  const tls = await selfSigned()
  const plain = await serve()
  const secure = await serve({ tls, faults: [{ redirectTo: `${plain.url}/model.pt` }] })
  const env = { SSL_CERT_FILE: tls.certFile }
  expect(await download(`${secure.url}/model.pt`, env)).toBe('the bytes')
  expect(secure.requests[0]?.headers).toMatchObject(secret)
  expect(JSON.stringify(plain.requests)).not.toContain('secret')
})

test('a certificate that nobody vouches for ends the transfer at once', async () => {
  const secure = await serve({ tls: await selfSigned() })
  await expect(download(`${secure.url}/model.pt`)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    params: { reason: expect.stringMatching(/certificate/) },
  })
  expect(secure.requests).toHaveLength(0)
})

test('a login inside a redirect is not used', async () => {
  const origin = await serve()
  const { host } = new URL(origin.url)
  origin.faults = [{ path: '/start.pt', redirectTo: `http://me:pw@${host}/model.pt` }]
  await download(`${origin.url}/start.pt`)
  expect(origin.requests[1]?.headers.authorization).toBe('Bearer secret')
})

test('a circle of redirects is noticed', async () => {
  const origin = await serve({
    faults: [
      { path: '/a', redirectTo: '/b' },
      { path: '/b', redirectTo: '/a' },
    ],
  })
  await expect(download(`${origin.url}/a`)).rejects.toMatchObject({
    params: { reason: expect.stringMatching(/in a circle/) },
  })
  expect(origin.requests).toHaveLength(2)
})

test('an endless chain of redirects ends after ten', async () => {
  const faults = Array.from({ length: 12 }, (_, at) => ({
    path: `/${at}`,
    redirectTo: `/${at + 1}`,
  }))
  const origin = await serve({ faults })
  await expect(download(`${origin.url}/0`)).rejects.toMatchObject({
    params: { reason: 'more than 10 redirects' },
  })
  expect(origin.requests).toHaveLength(11)
})

test.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://', 'gopher://x'])(
  'a redirect to %s is not followed',
  async (redirectTo) => {
    const origin = await serve({ faults: [{ redirectTo }] })
    await expect(download(`${origin.url}/model.pt`)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
    })
  },
)
