import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chooseFile } from '../../src/models/offers/civitai.ts'
import { offerOf } from '../../src/models/offers/index.ts'
import { probeSource } from '../../src/models/probe-source.ts'
import { parseSource } from '../../src/models/sources/index.ts'
import { readRecord } from '../../src/models/store.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import type { Checksum } from '../../src/spec/types.ts'
import { ensureModel } from '../helpers/ensure-model.ts'
import { startFileServer, type FileFault } from '../helpers/file-server.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const BODY = randomBytes(60_000)
const SHA256 = createHash('sha256').update(BODY).digest('hex')

/** An entry of a listing, as `GET /api/models/<repo>/tree/<rev>` of huggingface.co gives it. */
function lfsEntry(path: string, oid = SHA256, size = BODY.length) {
  const pointer = { type: 'file', oid: 'f'.repeat(40), size, path }
  return { ...pointer, lfs: { oid, size, pointerSize: 135 } }
}

/** `files` of `GET /api/v1/model-versions/<id>` of civitai.com. */
function civitaiFile(name: string, more = {}) {
  return {
    ...{ id: 1, name, type: 'Model', sizeKB: BODY.length / 1024, primary: true },
    metadata: { format: 'SafeTensor', size: 'full', fp: 'fp16' },
    hashes: { AutoV2: SHA256.slice(0, 10), SHA256: SHA256.toUpperCase() },
    ...more,
  }
}

interface Hub {
  /** Path → what the interface answers. */
  readonly answers?: Readonly<Record<string, unknown>>
  readonly faults?: FileFault[]
}

/** Both hubs at one address, and the host that they redirect to for the bytes. */
async function setUp({ answers = {}, faults = [] }: Hub = {}) {
  const cdn = await startFileServer({ files: new Map([['/blob', BODY]]), host: '127.0.0.2' })
  whenOver(cdn.stop)
  const toCdn = { redirectTo: `${cdn.url}/blob?X-Amz-Signature=signed` }
  const files = new Map(
    Object.entries(answers).map(([path, body]) => [path, Buffer.from(JSON.stringify(body))]),
  )
  const paths = ['/org/repo/resolve/main/sub/a.pt', '/api/download/models/42']
  const server = await startFileServer({
    files,
    faults: [...faults, ...paths.map((path) => ({ path, ...toCdn }))],
  })
  whenOver(server.stop)
  const { ctx, events } = createTestCtx({
    ...{ downloadRetryMs: 1, hfEndpoint: server.url, civitaiEndpoint: server.url },
    ...{ hfToken: 'hf_secretsecret', civitaiToken: 'civ-secret', language: 'en' },
  })
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const dir = tempDir('hubs')
  const roots = { modelsDir: join(dir, 'models'), home: join(dir, 'home') }
  const source = (text: string) => parseSource(ctx, text, '/')
  return {
    server,
    cdn,
    events,
    target: join(roots.modelsDir, 'loras/a.pt'),
    record: (text: string) => readRecord(roots.modelsDir, text),
    probe: (text: string) => probeSource(ctx, source(text), agents),
    offer: (text: string) => {
      const remote = source(text)
      if (remote.kind === 'file') throw new Error('a remote source was expected')
      return offerOf(ctx, remote, agents)
    },
    bring: (text: string, checksum: Checksum | null = null) =>
      ensureModel(ctx, roots, {
        source: text,
        target_path: 'loras/a.pt',
        root: 'models',
        checksum,
      }),
  }
}

const HF = 'hf://org/repo/sub/a.pt'
const TREE = '/api/models/org/repo/tree/main/sub'
const CIVITAI = 'civitai://models/42'
const VERSION = '/api/v1/model-versions/42'

test('Hugging Face tells size and sha256 before the download', async () => {
  const t = await setUp({
    answers: { [TREE]: [lfsEntry('sub/b.pt', 'b'.repeat(64)), lfsEntry('sub/a.pt')] },
  })
  expect(await t.probe(HF)).toEqual({
    size: BODY.length,
    fileName: 'a.pt',
    checksum: { algorithm: 'sha256', hex: SHA256 },
  })
  expect(t.server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${TREE}`])
})

test('what Hugging Face announced is verified and recorded; the token stays with its host', async () => {
  const t = await setUp({ answers: { [TREE]: [lfsEntry('sub/a.pt')] } })
  await t.bring(HF)
  expect(readFileSync(t.target).equals(BODY)).toBe(true)
  expect(t.record(HF)).toMatchObject({ size: BODY.length, sha256: SHA256 })
  const tokens = t.server.requests.map(({ headers }) => headers.authorization)
  expect(new Set(tokens)).toEqual(new Set(['Bearer hf_secretsecret']))
  expect(t.cdn.requests.length).toBeGreaterThan(0)
  expect(t.cdn.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
  expect(JSON.stringify(t.events)).not.toContain('secret')
})

test('a file that is not the announced one is rejected by both hashes', async () => {
  const expected = 'c'.repeat(64)
  const t = await setUp({ answers: { [TREE]: [lfsEntry('sub/a.pt', expected)] } })
  await expect(t.bring(HF)).rejects.toMatchObject({
    code: 'DOWNLOAD_CHECKSUM',
    params: { algorithm: 'sha256', actual: SHA256, expected },
  })
  expect(existsSync(t.target)).toBe(false)
})

test('a file of another size than announced is rejected', async () => {
  const t = await setUp({ answers: { [TREE]: [lfsEntry('sub/a.pt', SHA256, 7)] } })
  await expect(t.bring(HF)).rejects.toMatchObject({ code: 'DOWNLOAD_SIZE' })
})

test('a checksum of the spec that the source contradicts costs no download', async () => {
  const t = await setUp({ answers: { [TREE]: [lfsEntry('sub/a.pt')] } })
  const hex = 'D'.repeat(64)
  await expect(t.bring(HF, { algorithm: 'sha256', hex })).rejects.toMatchObject({
    code: 'DOWNLOAD_CHECKSUM',
    params: { actual: SHA256, expected: hex.toLowerCase() },
  })
  expect(t.cdn.requests).toEqual([])
})

test('a small file, which git keeps, has a size and no checksum', async () => {
  const entry = { type: 'file', oid: 'f'.repeat(40), size: 12, path: 'sub/a.pt' }
  const t = await setUp({ answers: { [TREE]: [entry] } })
  expect(await t.probe(HF)).toEqual({ size: 12, fileName: 'a.pt', checksum: null })
})

test('a long listing is read page by page, on the same host alone', async () => {
  const link = (url: string) => ({ link: `<${url}>; rel="next"` })
  const t = await setUp({
    answers: { [TREE]: [lfsEntry('sub/0.pt')] },
    faults: [{ path: TREE, headers: link('http://127.0.0.2:1/stolen') }],
  })
  await t.bring(HF)
  expect(t.record(HF)).toMatchObject({ sha256: null })
  const paged = await setUp({ answers: { [TREE]: [], '/page': [lfsEntry('sub/a.pt')] } })
  paged.server.faults.unshift({ path: TREE, headers: link(`${paged.server.url}/page`) })
  await paged.bring(HF)
  expect(paged.record(HF)).toMatchObject({ sha256: SHA256 })
})

test.each([
  ['knows no such interface', { status: 404 }],
  ['answers it with trouble', { status: 503 }],
  ['answers something else', { redirectTo: '/other' }],
])('a mirror that %s is still downloaded from', async (_, fault) => {
  const t = await setUp({ faults: [{ path: TREE, ...fault }], answers: { '/other': { a: 1 } } })
  await t.bring(HF)
  expect(t.record(HF)).toMatchObject({ size: BODY.length, sha256: null })
})

test.each([
  ['RepoNotFound', 401, /name of the repository/],
  ['RevisionNotFound', 404, /the revision is not/],
  ['GatedRepo', 403, /accept the licence on https:\/\/huggingface.co\/org\/repo /],
])('%s is told before anything is downloaded', async (code, status, hint) => {
  const t = await setUp({ faults: [{ path: TREE, status, headers: { 'x-error-code': code } }] })
  await expect(t.bring(HF)).rejects.toMatchObject({
    code: 'DOWNLOAD_HTTP',
    params: { status, hint: expect.stringMatching(hint) },
  })
  expect(t.cdn.requests).toEqual([])
})

test('a gated file whose listing is public is refused at the download, with the same hint', async () => {
  const path = '/org/repo/resolve/main/sub/a.pt'
  const t = await setUp({
    answers: { [TREE]: [lfsEntry('sub/a.pt')] },
    faults: [{ path, status: 403, headers: { 'x-error-code': 'GatedRepo' } }],
  })
  await expect(t.bring(HF)).rejects.toMatchObject({
    params: { status: 403, hint: expect.stringMatching(/accept the licence/) },
  })
})

test('Civitai tells name, size and sha256 of the file that its address gives', async () => {
  const t = await setUp({
    answers: { [VERSION]: { id: 42, files: [civitaiFile('../x y.safetensors')] } },
  })
  expect(await t.probe(CIVITAI)).toEqual({
    size: BODY.length,
    fileName: 'x y.safetensors',
    checksum: { algorithm: 'sha256', hex: SHA256 },
  })
  await t.bring(CIVITAI)
  expect(t.record(CIVITAI)).toMatchObject({ sha256: SHA256 })
  expect(t.server.requests[0]?.headers.authorization).toBe('Bearer civ-secret')
  expect(t.cdn.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
})

test('a file of Civitai that is not the announced one is rejected by both hashes', async () => {
  const expected = 'a'.repeat(64)
  const files = [civitaiFile('x.pt', { hashes: { SHA256: expected } })]
  const t = await setUp({ answers: { [VERSION]: { files } } })
  await expect(t.bring(CIVITAI)).rejects.toMatchObject({
    code: 'DOWNLOAD_CHECKSUM',
    params: { actual: SHA256, expected },
  })
})

test('without its interface Civitai still tells the name with the file', async () => {
  const t = await setUp({ faults: [{ path: VERSION, status: 404 }] })
  const headers = { 'content-disposition': 'attachment; filename="mine.safetensors"' }
  t.cdn.faults = [{ headers }]
  expect(await t.probe(CIVITAI)).toEqual({
    size: BODY.length,
    fileName: 'mine.safetensors',
    checksum: null,
  })
})

test('the address of a hub gives a fresh signed one whenever it is asked', async () => {
  const t = await setUp({ answers: { [VERSION]: { files: [civitaiFile('x.pt')] } } })
  const { url, headers, renew } = await t.offer(CIVITAI)
  expect(await renew?.()).toEqual({ url, headers })
  await t.bring(CIVITAI)
  expect(t.server.requests.at(-1)?.path).toBe('/api/download/models/42')
})

test.each([
  ['', 'primary.safetensors'],
  ['type=Model&format=PickleTensor', 'pickle.ckpt'],
  ['type=model&format=safetensor&size=pruned', 'pruned.safetensors'],
  ['type=VAE', 'vae.pt'],
  ['fp=fp32', 'pickle.ckpt'],
  ['type=Config', null],
])('of the files of a version %j chooses %j', (query, name) => {
  const files = [
    civitaiFile('vae.pt', { type: 'VAE', primary: false, metadata: null }),
    civitaiFile('pickle.ckpt', {
      primary: false,
      metadata: { format: 'PickleTensor', size: 'full', fp: 'fp32' },
    }),
    civitaiFile('pruned.safetensors', {
      primary: false,
      metadata: { format: 'SafeTensor', size: 'pruned', fp: 'fp16' },
    }),
    civitaiFile('primary.safetensors'),
  ]
  expect(chooseFile(files, new URLSearchParams(query))?.name ?? null).toBe(name)
})
