import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Settings } from '../../src/core/settings.ts'
import { presentModels } from '../../src/models/inventory.ts'
import { lookUpModels, recordNameOf } from '../../src/models/look-up-models.ts'
import { parseSource } from '../../src/models/sources/index.ts'
import { readIndex, readRecord } from '../../src/models/store.ts'
import type { LockModel } from '../../src/resolve/types.ts'
import { ensureModel } from '../helpers/ensure-model.ts'
import { startFileServer } from '../helpers/file-server.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

async function setUp(settings: Partial<Settings> = {}) {
  const [body, other] = [randomBytes(1000), randomBytes(1000)]
  const files = new Map([
    ['/a.pt', body],
    ['/b.pt', other],
    ['/org/repo/resolve/main/h.pt', body],
  ])
  const server = await startFileServer({ files })
  whenOver(server.stop)
  const dir = tempDir('place')
  const roots = { modelsDir: join(dir, 'models'), home: join(dir, 'home') }
  mkdirSync(roots.home)
  const { ctx } = createTestCtx({ downloadRetryMs: 1, hfEndpoint: server.url, ...settings })
  const model = (changes: Partial<LockModel> = {}): LockModel => ({
    source: `${server.url}/a.pt`,
    target_path: 'loras/a.pt',
    root: 'models',
    checksum: null,
    ...changes,
  })
  return {
    ctx,
    server,
    roots,
    body,
    other,
    model,
    ensure: (changes: Partial<LockModel> = {}) => ensureModel(ctx, roots, model(changes)),
    at: (path: string) => join(roots.modelsDir, path),
    inHome: (path: string) => join(roots.home, path),
    look: (changes: Partial<LockModel> = {}) => lookUpModels(ctx, roots, [model(changes)], '/')[0],
  }
}

function put(path: string, bytes: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

function sha256(bytes: Buffer): LockModel['checksum'] {
  return { algorithm: 'sha256', hex: createHash('sha256').update(bytes).digest('hex') }
}

test('a model comes once; then it is present, without network and without a checksum', async () => {
  const t = await setUp()
  expect(t.look()).toMatchObject({ present: false, local: false, size: null })
  expect(await t.ensure()).toBe('missing')
  await t.server.stop()
  put(t.at('loras/a.pt'), randomBytes(1000))
  expect(await t.ensure({ checksum: sha256(t.body) })).toBe('present')
  expect(t.look()).toMatchObject({ present: true, local: true, size: 1000 })
})

test('a deleted model is fetched again', async () => {
  const t = await setUp()
  await t.ensure()
  rmSync(t.at('loras/a.pt'))
  expect(await t.ensure()).toBe('missing')
  expect(readFileSync(t.at('loras/a.pt')).equals(t.body)).toBe(true)
})

test('the same source at a second target is a link, wherever the store is mounted', async () => {
  const t = await setUp()
  await t.ensure()
  await t.server.stop()
  expect(t.look({ target_path: 'x/y/z.pt' })).toMatchObject({ present: false, local: true })
  expect(await t.ensure({ target_path: 'x/y/z.pt' })).toBe('link')
  expect(await t.ensure({ target_path: 'x/y/z.pt' })).toBe('present')
  expect(readlinkSync(t.at('x/y/z.pt'))).toBe('../../loras/a.pt')
  renameSync(t.roots.modelsDir, `${t.roots.modelsDir}-moved`)
  expect(statSync(`${t.roots.modelsDir}-moved/x/y/z.pt`).size).toBe(1000)
})

test('a link whose bytes were deleted is made anew with them', async () => {
  const t = await setUp()
  await t.ensure()
  await t.ensure({ target_path: 'x.pt' })
  rmSync(t.at('loras/a.pt'))
  expect(await t.ensure({ target_path: 'x.pt' })).toBe('missing')
  expect(lstatSync(t.at('x.pt')).isSymbolicLink()).toBe(false)
  expect(await t.ensure()).toBe('link')
})

test('a model of a home is a link into the store; the next home gets it for nothing', async () => {
  const t = await setUp()
  const wanted = { root: 'home', target_path: 'custom_nodes/pack/ckpts/a.pt' } as const
  expect(await t.ensure(wanted)).toBe('missing')
  expect(await t.ensure(wanted)).toBe('present')
  expect(readFileSync(t.inHome(wanted.target_path)).equals(t.body)).toBe(true)
  rmSync(t.roots.home, { recursive: true })
  mkdirSync(t.roots.home)
  await t.server.stop()
  expect(await t.ensure(wanted)).toBe('link')
  expect(await t.ensure()).toBe('link')
})

test('another source for a target in a home replaces the link', async () => {
  const t = await setUp()
  const wanted = { root: 'home', target_path: 'custom_nodes/pack/a.pt' } as const
  await t.ensure(wanted)
  expect(await t.ensure({ ...wanted, source: `${t.server.url}/b.pt` })).toBe('missing')
  expect(readFileSync(t.inHome(wanted.target_path)).equals(t.other)).toBe(true)
})

test('nothing is written through a home into a checkout that other versions share', async () => {
  const t = await setUp()
  const checkout = join(tempDir('checkout'), 'pack')
  mkdirSync(checkout)
  mkdirSync(t.inHome('custom_nodes'))
  symlinkSync(checkout, t.inHome('custom_nodes/pack'))
  await expect(
    t.ensure({ root: 'home', target_path: 'custom_nodes/pack/ckpts/a.pt' }),
  ).rejects.toMatchObject({ code: 'PATH_UNSAFE' })
  expect(readdirSync(checkout)).toEqual([])
})

test('two sources never share a target, until the file of the first is gone', async () => {
  const t = await setUp()
  await t.ensure()
  const rival = { source: `${t.server.url}/b.pt` }
  await expect(t.ensure(rival)).rejects.toMatchObject({
    code: 'MODEL_TARGET_TAKEN',
    params: { path: t.at('loras/a.pt'), source: rival.source, other: `${t.server.url}/a.pt` },
  })
  expect(readFileSync(t.at('loras/a.pt')).equals(t.body)).toBe(true)
  const source = parseSource(t.ctx, t.model().source, '/')
  const record = recordNameOf(source, readIndex(t.roots.modelsDir))
  const isThere = () =>
    presentModels(t.roots.modelsDir, t.roots.home, [t.model()], [record ?? '']).present.length
  expect(isThere()).toBe(1)
  rmSync(t.at('loras/a.pt'))
  expect(await t.ensure(rival)).toBe('missing')
  expect(isThere()).toBe(0)
  await expect(t.ensure()).rejects.toMatchObject({ code: 'MODEL_TARGET_TAKEN' })
})

test('a model that somebody put there by hand is taken when its checksum fits', async () => {
  const t = await setUp()
  put(t.at('loras/a.pt'), t.body)
  await t.server.stop()
  const checksum = sha256(t.body)
  expect(t.look({ checksum })).toMatchObject({ present: false, local: true, size: 1000 })
  expect(await t.ensure({ checksum })).toBe('occupied')
  expect(await t.ensure()).toBe('present')
  expect(readRecord(t.roots.modelsDir, t.model().source)?.sha256).toBe(checksum?.hex)
})

test('without a checksum it is taken when the source has the same size, and not a byte moves', async () => {
  const t = await setUp()
  put(t.at('loras/a.pt'), t.body)
  expect(await t.ensure()).toBe('occupied')
  expect(t.server.requests.map(({ method }) => method)).toEqual(['HEAD'])
  expect(await t.ensure()).toBe('present')
})

test("a link of the user's to a file that fits is taken as it is", async () => {
  const t = await setUp()
  const elsewhere = join(tempDir('nas'), 'a.pt')
  put(elsewhere, t.body)
  mkdirSync(t.at('loras'), { recursive: true })
  symlinkSync(elsewhere, t.at('loras/a.pt'))
  expect(await t.ensure()).toBe('occupied')
  expect(await t.ensure()).toBe('present')
  expect(readlinkSync(t.at('loras/a.pt'))).toBe(elsewhere)
})

test('a file that does not fit is never overwritten', async () => {
  const t = await setUp()
  put(t.at('loras/a.pt'), 'mine')
  const refusals = [
    { changes: {}, reason: 'it has 4 bytes, the source has 1000' },
    { changes: { checksum: sha256(t.body) }, reason: /its sha256 is/ },
  ]
  for (const { changes, reason } of refusals)
    await expect(t.ensure(changes)).rejects.toMatchObject({
      code: 'MODEL_FILE_FOREIGN',
      params: { path: t.at('loras/a.pt'), reason: expect.stringMatching(reason) },
    })
  t.server.faults = [{ chunked: true, noRanges: true }]
  await expect(t.ensure()).rejects.toMatchObject({
    params: { reason: expect.stringMatching(/does not say its size/) },
  })
  expect(readFileSync(t.at('loras/a.pt'), 'utf8')).toBe('mine')
})

test('a folder, a broken link and a file in a home are in the way and stay', async () => {
  const t = await setUp()
  mkdirSync(t.at('loras/a.pt'), { recursive: true })
  symlinkSync('/nowhere/at/all', t.at('broken.pt'))
  put(t.inHome('custom_nodes/pack/a.pt'), t.body)
  for (const wanted of [
    { target_path: 'loras/a.pt' },
    { target_path: 'broken.pt' },
    { target_path: 'custom_nodes/pack/a.pt', root: 'home' as const },
  ])
    await expect(t.ensure(wanted)).rejects.toMatchObject({ code: 'MODEL_FILE_FOREIGN' })
  expect(readlinkSync(t.at('broken.pt'))).toBe('/nowhere/at/all')
})

test.each(['../a.pt', '/etc/a.pt', 'loras/../../a.pt', ''])(
  'the target %j leaves the store and is refused',
  async (target_path) => {
    const t = await setUp()
    await expect(t.ensure({ target_path })).rejects.toMatchObject({ code: 'PATH_UNSAFE' })
    expect(existsSync(join(t.roots.modelsDir, '../a.pt'))).toBe(false)
  },
)

test('a file of this machine is a source like any other', async () => {
  const t = await setUp()
  const from = join(tempDir('own'), 'a.pt')
  put(from, t.body)
  expect(t.look({ source: from })).toMatchObject({ present: false, local: true, size: 1000 })
  expect(await t.ensure({ source: from })).toBe('missing')
  rmSync(from)
  expect(await t.ensure({ source: `file://${from}` })).toBe('present')
})

test('a token reaches its host, and neither the storage behind it nor the disk', async () => {
  const t = await setUp({ hfToken: 'hf_topsecret' })
  const storage = await startFileServer({ files: new Map([['/blob', t.body]]), host: '127.0.0.2' })
  whenOver(storage.stop)
  t.server.faults = [{ redirectTo: `${storage.url}/blob?X-Amz-Signature=topsecret` }]
  expect(await t.ensure({ source: 'hf://org/repo/h.pt' })).toBe('missing')
  expect(t.server.requests[0]?.headers.authorization).toBe('Bearer hf_topsecret')
  expect(storage.requests[0]?.headers.authorization).toBeUndefined()
  const record = readRecord(t.roots.modelsDir, 'hf://org/repo/h.pt')
  expect(record).toMatchObject({ source: 'https://huggingface.co/org/repo/resolve/main/h.pt' })
  expect(JSON.stringify(record)).not.toContain('topsecret')
})

test('a refusal tells which token is missing', async () => {
  const t = await setUp({ hfToken: null })
  t.server.faults = [{ status: 401 }]
  await expect(t.ensure({ source: 'hf://org/repo/h.pt' })).rejects.toMatchObject({
    code: 'DOWNLOAD_HTTP',
    params: { source: 'hf://org/repo/h.pt', hint: expect.stringContaining('HF_TOKEN') },
  })
})
