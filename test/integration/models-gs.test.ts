import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Settings } from '../../src/core/settings.ts'
import { offerOf } from '../../src/models/offers/index.ts'
import { probeSource } from '../../src/models/probe-source.ts'
import { parseSource } from '../../src/models/sources/index.ts'
import { createCrc32c } from '../../src/platform/crc32c.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import { startGsEmulator, type Emulator } from '../helpers/emulators.ts'
import { ensureModel } from '../helpers/ensure-model.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const BODY = randomBytes(70_000)
const MD5 = createHash('md5').update(BODY).digest()

function setUp(gs: Settings['gs']) {
  const { ctx, events } = createTestCtx({ downloadRetryMs: 1, gs })
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const dir = tempDir('gs')
  const roots = { modelsDir: join(dir, 'models'), home: join(dir, 'home') }
  return {
    ctx,
    events,
    offer: (text: string) => {
      const source = parseSource(ctx, text, '/')
      if (source.kind === 'file') throw new Error('a remote source was expected')
      return offerOf(ctx, source, agents)
    },
    probe: (text: string) => probeSource(ctx, parseSource(ctx, text, '/'), agents),
    bring: async (source: string) => {
      const model = { source, target_path: 'loras/a.pt', root: 'models', checksum: null } as const
      await ensureModel(ctx, roots, model)
      return readFileSync(join(roots.modelsDir, 'loras/a.pt'))
    },
  }
}

describe('Google Cloud Storage, played by an emulator', () => {
  let emulator: Emulator
  let gs: Settings['gs'] = { endpoint: '', isEmulator: true, credentials: null }

  beforeAll(async () => {
    emulator = await startGsEmulator()
    if ('lacking' in emulator) return
    gs = { ...gs, endpoint: emulator.url }
    const post = (path: string, body: string | Buffer, type: string) =>
      fetch(`${gs.endpoint}${path}`, {
        method: 'POST',
        body: typeof body === 'string' ? body : new Uint8Array(body),
        headers: { 'content-type': type },
      })
    await post('/storage/v1/b', JSON.stringify({ name: 'models' }), 'application/json')
    const name = encodeURIComponent('sub dir/a+b.pt')
    const upload = `/upload/storage/v1/b/models/o?uploadType=media&name=${name}`
    await post(upload, BODY, 'application/octet-stream')
  })

  beforeEach((ctx) => {
    if ('lacking' in emulator) ctx.skip(emulator.lacking)
  })

  test('tells size and md5 of an object, and sends it', async () => {
    const { probe, bring } = setUp(gs)
    expect(await probe('gs://models/sub dir/a+b.pt')).toEqual({
      size: BODY.length,
      fileName: 'a+b.pt',
      checksum: { algorithm: 'md5', hex: MD5.toString('hex') },
    })
    expect((await bring('gs://models/sub dir/a+b.pt')).equals(BODY)).toBe(true)
  })

  test.each(['gs://models/absent.pt', 'gs://no-such-bucket/a.pt'])(
    'says that %s is not there',
    async (source) => {
      await expect(setUp(gs).probe(source)).rejects.toMatchObject({
        code: 'DOWNLOAD_HTTP',
        params: { status: 404, hint: 'check the bucket and the path' },
      })
    },
  )
})

/**
 * The two endpoints of Google that a credentials file of the type `external_account` leads to: a token
 * service (RFC 8693) and the storage, which knows the token. Answers as their documentation shows them.
 */
async function startGoogle({ isPublic = false, metadata = {} } = {}) {
  const tokens: string[] = []
  const requests: { path: string; authorization: string | null }[] = []
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const url = new URL(request.url ?? '/', 'http://google')
    if (url.pathname === '/token') {
      await readAll(request)
      const access_token = `ya29.token-${tokens.push('') + 1}`
      tokens.splice(-1, 1, access_token)
      const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token'
      return {
        status: 200,
        body: { access_token, issued_token_type, expires_in: 3600, token_type: 'Bearer' },
      }
    }
    const authorization = request.headers.authorization ?? null
    requests.push({ path: url.pathname + url.search, authorization })
    if (!isPublic && !tokens.some((token) => authorization === `Bearer ${token}`))
      return { status: authorization === null ? 401 : 403, body: { error: { code: 401 } } }
    if (url.pathname !== '/storage/v1/b/models/o/a.pt') return { status: 404, body: {} }
    if (url.searchParams.get('alt') === 'media') return { status: 200, body: BODY }
    const facts = { size: String(BODY.length), generation: '17', md5Hash: MD5.toString('base64') }
    return { status: 200, body: { ...facts, ...metadata } }
  }
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  whenOver(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, tokens, requests }
}

/** What `gcloud iam workload-identity-pools create-cred-config` writes, with our addresses in it. */
function credentialsFor(url: string): string {
  const subject = join(tempDir('subject'), 'token')
  writeFileSync(subject, 'the-subject')
  return JSON.stringify({
    type: 'external_account',
    audience:
      '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/token`,
    credential_source: { file: subject },
  })
}

describe('Google Cloud Storage with credentials', () => {
  beforeEach(() => {
    // nothing of the machine that runs the tests counts
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
    vi.stubEnv('HOME', tempDir('home'))
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    return () => vi.unstubAllEnvs()
  })

  const plain = (endpoint: string): Settings['gs'] => ({
    ...{ endpoint, isEmulator: false, credentials: null },
  })

  test('gets a token of the credentials, and a fresh one when asked again', async () => {
    const google = await startGoogle()
    const gs = { ...plain(google.url), credentials: { json: credentialsFor(google.url) } }
    const { offer, bring, events } = setUp(gs)
    const { headers, renew } = await offer('gs://models/a.pt')
    const fresh = await renew?.()
    expect([headers['authorization'], fresh?.headers['authorization']]).toEqual([
      `Bearer ${google.tokens[0]}`,
      `Bearer ${google.tokens[1]}`,
    ])
    expect((await bring('gs://models/a.pt')).equals(BODY)).toBe(true)
    expect(google.requests.at(-1)?.path).toBe('/storage/v1/b/models/o/a.pt?alt=media&generation=17')
    expect(JSON.stringify(events)).not.toContain('ya29')
  })

  test('reads them from a file too', async () => {
    const google = await startGoogle()
    const file = join(tempDir('key'), 'key.json')
    writeFileSync(file, credentialsFor(google.url))
    const { bring } = setUp({ ...plain(google.url), credentials: { file } })
    expect((await bring('gs://models/a.pt')).equals(BODY)).toBe(true)
  })

  test('asks as nobody first, so that what is public needs no token', async () => {
    const google = await startGoogle({ isPublic: true })
    const { bring } = setUp(plain(google.url))
    expect((await bring('gs://models/a.pt')).equals(BODY)).toBe(true)
    expect(google.requests.map(({ authorization }) => authorization)).toEqual([null, null])
  })

  test('says which credentials are missing', async () => {
    const google = await startGoogle()
    await expect(setUp(plain(google.url)).probe('gs://models/a.pt')).rejects.toMatchObject({
      code: 'DOWNLOAD_HTTP',
      params: { status: 401, hint: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS') },
    })
  })

  test.each([
    ['are no JSON', { json: 'nonsense' }],
    ['are of no known kind', { json: '{"type":"mystery"}' }],
    ['are not there', { file: '/nowhere/key.json' }],
  ])('says that credentials that %s cannot be used', async (_, credentials) => {
    const google = await startGoogle()
    const { probe } = setUp({ ...plain(google.url), credentials })
    await expect(probe('gs://models/a.pt')).rejects.toMatchObject({ code: 'STORE_CREDENTIALS' })
    expect(google.requests).toEqual([])
  })

  test('does not believe an object that has another md5 than was announced', async () => {
    const other = createHash('md5').update('another file').digest()
    const google = await startGoogle({
      isPublic: true,
      metadata: { md5Hash: other.toString('base64') },
    })
    await expect(setUp(plain(google.url)).bring('gs://models/a.pt')).rejects.toMatchObject({
      code: 'DOWNLOAD_CHECKSUM',
      params: { expected: other.toString('hex'), actual: MD5.toString('hex') },
    })
  })

  describe('an object that was composed of parts and has no md5', () => {
    const crc = createCrc32c()
    crc.update(BODY)
    const right = Buffer.from(crc.digest('hex'), 'hex')
    const composed = (crc32c: string | undefined) =>
      startGoogle({ isPublic: true, metadata: { md5Hash: undefined, crc32c } })

    test('is checked by its crc32c', async () => {
      const google = await composed(right.toString('base64'))
      const { probe, bring } = setUp(plain(google.url))
      expect(await probe('gs://models/a.pt')).toMatchObject({
        checksum: { algorithm: 'crc32c', hex: right.toString('hex') },
      })
      expect((await bring('gs://models/a.pt')).equals(BODY)).toBe(true)
    })

    test('is not believed when its crc32c is another', async () => {
      const google = await composed(Buffer.from('deadbeef', 'hex').toString('base64'))
      await expect(setUp(plain(google.url)).bring('gs://models/a.pt')).rejects.toMatchObject({
        code: 'DOWNLOAD_CHECKSUM',
        params: { algorithm: 'crc32c', expected: 'deadbeef', actual: right.toString('hex') },
      })
    })

    test.each([undefined, 'AAAA', 'not base64!'])(
      'still has its size when its crc32c is %j',
      async (crc32c) => {
        const google = await composed(crc32c)
        expect(await setUp(plain(google.url)).probe('gs://models/a.pt')).toMatchObject({
          size: BODY.length,
          checksum: null,
        })
      },
    )
  })

  test('an answer of something else is an error, not a size', async () => {
    const google = await startGoogle({ isPublic: true, metadata: { size: '-1' } })
    await expect(setUp(plain(google.url)).probe('gs://models/a.pt')).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
    })
  })
})
