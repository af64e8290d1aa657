import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Settings } from '../../src/core/settings.ts'
import { offerOf } from '../../src/models/offers/index.ts'
import { checksumOf } from '../../src/models/offers/s3.ts'
import { probeSource } from '../../src/models/probe-source.ts'
import { parseSource } from '../../src/models/sources/index.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import { createS3Client, startS3Emulator, type Emulator } from '../helpers/emulators.ts'
import { ensureModel } from '../helpers/ensure-model.ts'
import { startFileServer, type FileFault } from '../helpers/file-server.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const BODY = randomBytes(70_000)
const PAIR = { accessKeyId: 'AKIATESTKEY', secretAccessKey: 'very-secret' }
const KEYS = { ...PAIR, sessionToken: null }

function setUp(s3: Partial<Settings['s3']>) {
  const { ctx, events } = createTestCtx({
    downloadRetryMs: 1,
    s3: { region: null, endpoint: null, keys: null, ...s3 },
  })
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const dir = tempDir('s3')
  const roots = { modelsDir: join(dir, 'models'), home: join(dir, 'home') }
  const offer = (text: string) => {
    const source = parseSource(ctx, text, '/')
    if (source.kind === 'file') throw new Error('a remote source was expected')
    return offerOf(ctx, source, agents)
  }
  return {
    ctx,
    events,
    offer,
    probe: (text: string) => probeSource(ctx, parseSource(ctx, text, '/'), agents),
    bring: async (source: string) => {
      const model = { source, target_path: 'loras/a.pt', root: 'models', checksum: null } as const
      await ensureModel(ctx, roots, model)
      return readFileSync(join(roots.modelsDir, 'loras/a.pt'))
    },
  }
}

/** Nothing of the machine that runs the tests counts. */
beforeEach(() => {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere')
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
  vi.stubEnv('AWS_PROFILE', undefined)
  return () => vi.unstubAllEnvs()
})

describe('Amazon S3', () => {
  let emulator: Emulator
  let endpoint = ''

  beforeAll(async () => {
    emulator = await startS3Emulator()
    if ('lacking' in emulator) return
    endpoint = emulator.url
    const client = createS3Client(endpoint, PAIR)
    await client.send(new CreateBucketCommand({ Bucket: 'models' }))
    const put = (Key: string, more = {}) =>
      client.send(new PutObjectCommand({ Bucket: 'models', Key, Body: BODY, ...more }))
    await put('private/a b+c.pt')
    await put('public.pt', { ACL: 'public-read' })
    await put('checked.pt', { ChecksumAlgorithm: 'SHA256' })
    client.destroy()
  })

  beforeEach((ctx) => {
    if ('lacking' in emulator) ctx.skip(emulator.lacking)
  })

  test('tells size and md5 to a key, and sends the file under a signed address', async () => {
    const { probe, offer, bring, events } = setUp({ endpoint, keys: KEYS })
    const source = 's3://models/private/a b+c.pt'
    const md5 = createHash('md5').update(BODY).digest('hex')
    expect(await probe(source)).toEqual({
      size: BODY.length,
      fileName: 'a b+c.pt',
      checksum: { algorithm: 'md5', hex: md5 },
    })
    expect(await offer(source)).toMatchObject({
      url: expect.stringMatching(/private\/a%20b%2Bc\.pt\?.*X-Amz-Signature=/),
      headers: {},
    })
    expect((await bring(source)).equals(BODY)).toBe(true)
    expect(JSON.stringify(events)).not.toMatch(/very-secret|X-Amz-Signature=[0-9a-f]/)
  })

  test('gives a fresh address when one has expired', async () => {
    const { offer } = setUp({ endpoint, keys: KEYS })
    const { renew } = await offer('s3://models/private/a b+c.pt')
    const fresh = await renew?.()
    const answer = await fetch(fresh?.url ?? '')
    expect(Buffer.from(await answer.arrayBuffer()).equals(BODY)).toBe(true)
  })

  test('tells the sha256 that an object was uploaded with', async () => {
    const { probe, bring } = setUp({ endpoint, keys: KEYS })
    const hex = createHash('sha256').update(BODY).digest('hex')
    expect(await probe('s3://models/checked.pt')).toMatchObject({
      checksum: { algorithm: 'sha256', hex },
    })
    expect((await bring('s3://models/checked.pt')).equals(BODY)).toBe(true)
  })

  test('sends what is public to anybody, unsigned', async () => {
    const { offer, bring } = setUp({ endpoint })
    expect(await offer('s3://models/public.pt')).toMatchObject({
      url: `${endpoint}/models/public.pt`,
      size: BODY.length,
      renew: null,
    })
    expect((await bring('s3://models/public.pt')).equals(BODY)).toBe(true)
  })

  test('can be named in the source itself', async () => {
    const { bring } = setUp({})
    const source = `s3://models/public.pt?endpoint=${endpoint}`
    expect((await bring(source)).equals(BODY)).toBe(true)
  })

  test('refuses what is private without a key, and the hint says which', async () => {
    const { probe } = setUp({ endpoint })
    await expect(probe('s3://models/private/a b+c.pt')).rejects.toMatchObject({
      code: 'DOWNLOAD_HTTP',
      params: { status: 403, hint: expect.stringContaining('AWS_ACCESS_KEY_ID') },
    })
  })

  test('is asked with the profile of the machine where nobody may read', async () => {
    const file = join(tempDir('aws'), 'credentials')
    writeFileSync(file, '[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=work-secret\n')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
    vi.stubEnv('AWS_PROFILE', 'work')
    const { offer, bring } = setUp({ endpoint })
    const source = 's3://models/private/a b+c.pt'
    expect((await offer(source)).url).toContain('X-Amz-Credential=AKIAWORK')
    expect((await bring(source)).equals(BODY)).toBe(true)
  })

  test('says that an object is not there', async () => {
    const { probe } = setUp({ endpoint, keys: KEYS })
    await expect(probe('s3://models/absent.pt')).rejects.toMatchObject({
      params: { status: 404, hint: 'check the bucket and the path' },
    })
  })
})

describe('a store that answers as S3 does', () => {
  async function setUpServer(faults: FileFault[], s3: Partial<Settings['s3']> = {}) {
    const server = await startFileServer({ files: new Map([['/bucket/a.pt', BODY]]), faults })
    whenOver(server.stop)
    return { server, ...setUp({ endpoint: server.url, keys: KEYS, ...s3 }) }
  }

  test('in another region names it, and is asked again there', async () => {
    const elsewhere = { status: 301, times: 1, headers: { 'x-amz-bucket-region': 'eu-west-3' } }
    const { server, bring } = await setUpServer([elsewhere])
    expect((await bring('s3://bucket/a.pt')).equals(BODY)).toBe(true)
    expect(server.requests.map(({ method, path }) => [method, regionOf(path)])).toEqual([
      ['HEAD', 'us-east-1'],
      ['HEAD', 'eu-west-3'],
      ['GET', 'eu-west-3'],
    ])
  })

  test('with a session has it in the signature', async () => {
    const keys = { ...KEYS, sessionToken: 'the-session' }
    const { server, bring } = await setUpServer([], { keys, region: 'ap-south-1' })
    await bring('s3://bucket/a.pt')
    expect(server.requests.at(-1)?.path).toContain('X-Amz-Security-Token=the-session')
    expect(regionOf(server.requests.at(-1)?.path ?? '')).toBe('ap-south-1')
  })

  test('that sends something else than it announced is not believed', async () => {
    const announced = createHash('sha256').update('another file').digest()
    const headers = { 'x-amz-checksum-sha256': announced.toString('base64') }
    const { bring } = await setUpServer([{ method: 'HEAD', headers }])
    await expect(bring('s3://bucket/a.pt')).rejects.toMatchObject({
      code: 'DOWNLOAD_CHECKSUM',
      params: {
        expected: announced.toString('hex'),
        actual: createHash('sha256').update(BODY).digest('hex'),
      },
    })
  })

  test('gets its credentials alone: a redirect to another host sees none', async () => {
    const other = await startFileServer({ files: new Map([['/a.pt', BODY]]), host: '127.0.0.2' })
    whenOver(other.stop)
    const { bring } = await setUpServer([{ method: 'GET', redirectTo: `${other.url}/a.pt` }])
    expect((await bring('s3://bucket/a.pt')).equals(BODY)).toBe(true)
    expect(JSON.stringify(other.requests)).not.toMatch(/AKIATESTKEY|X-Amz|authorization/i)
  })
})

test.each([
  [{ etag: `"${'a'.repeat(32)}"` }, { algorithm: 'md5', hex: 'a'.repeat(32) }],
  [{ etag: `"${'a'.repeat(32)}-3"` }, null],
  [{ etag: `"${'a'.repeat(32)}"`, 'x-amz-server-side-encryption': 'aws:kms' }, null],
  [{ etag: 'W/"abc"' }, null],
  [{ 'x-amz-checksum-sha256': 'not base64' }, null],
  [{ 'x-amz-checksum-sha256': `${'A'.repeat(43)}=-2` }, null],
])('the headers %j promise %j', (headers, checksum) => {
  expect(checksumOf(headers)).toEqual(checksum)
})

/** The scope that a signature is good for. */
function regionOf(path: string): string | undefined {
  return /X-Amz-Credential=[^&]*?%2F\d{8}%2F([a-z0-9-]+)%2F/.exec(path)?.[1]
}
