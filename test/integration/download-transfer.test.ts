import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Settings } from '../../src/core/settings.ts'
import { readJournal, writeJournal } from '../../src/download/journal.ts'
import { transfer } from '../../src/download/transfer.ts'
import type { TransferRequest } from '../../src/download/types.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import { startFileServer, type FileFault } from '../helpers/file-server.ts'
import { until } from '../helpers/poll.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const MIB = 1 << 20
const fast: Partial<Settings> = { downloadRetryMs: 1, downloadStallMs: 60_000 }

async function setUp(
  faults: FileFault[] = [],
  { size = 3 * MIB, settings = {} as Partial<Settings> } = {},
) {
  const body = randomBytes(size)
  const files = new Map([['/model.pt', body]])
  const server = await startFileServer({ files, faults })
  whenOver(server.stop)
  const dir = tempDir('transfer')
  const target = join(dir, 'models', 'model.pt')
  const context = createTestCtx({ ...fast, ...settings })
  const request: TransferRequest = {
    id: 'model',
    source: 'the source',
    url: `${server.url}/model.pt`,
    headers: {},
    target,
    expectedSize: null,
    checksum: null,
    describe: (status) => `hint for ${status}`,
    renew: null,
    agents: null,
  }
  const run = (changes: Partial<TransferRequest> = {}) =>
    transfer(context.ctx, { ...request, ...changes })
  const sha256 = createHash('sha256').update(body).digest('hex')
  return { ...context, server, files, body, sha256, target, request, run }
}

type SetUp = Awaited<ReturnType<typeof setUp>>

function leftovers({ target }: SetUp): string[] {
  return readdirSync(join(target, '..')).filter((name) => name !== 'model.pt')
}

/** Interrupt the first transfer after so many bytes, and wait until it has given up. */
async function interrupt(t: SetUp, bytes: number): Promise<void> {
  t.server.faults = [{ stallAfter: bytes, times: 1 }, { hang: true }]
  const first = t.run()
  await until(() => writtenIn(`${t.target}.part`) === bytes)
  t.abort()
  await expect(first).rejects.toMatchObject({ code: 'INTERRUPTED' })
  t.server.faults = []
}

test('a file arrives whole, once, with nothing beside it', async () => {
  const t = await setUp()
  const result = await t.run({ checksum: { algorithm: 'sha256', hex: t.sha256.toUpperCase() } })
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
  expect(leftovers(t)).toEqual([])
  expect(result).toMatchObject({ size: t.body.length, received: t.body.length, sha256: t.sha256 })
  expect(t.server.requests).toHaveLength(1)
  expect(t.server.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' })
})

/** The file has its full length at once; what is not written yet takes no blocks. */
function writtenIn(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512
}

test('events tell size, progress and end', async () => {
  const t = await setUp()
  await t.run()
  const size = t.body.length
  expect(t.events[0]).toEqual({ type: 'download.start', id: 'model', name: 'model.pt', size })
  expect(t.events.at(-1)).toMatchObject({ type: 'download.end', id: 'model', received: size })
})

test('an empty file is a file', async () => {
  const t = await setUp([], { size: 0 })
  expect(await t.run()).toMatchObject({ size: 0 })
  expect(readFileSync(t.target)).toHaveLength(0)
})

test('a dropped connection is continued where it broke', async () => {
  const t = await setUp([{ dropAfter: MIB, times: 1 }])
  const result = await t.run({ checksum: { algorithm: 'sha256', hex: t.sha256 } })
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
  expect(t.server.requests.map(({ range }) => range)).toEqual([null, `bytes=${MIB}-`])
  expect(result.received).toBe(t.body.length)
})

test('an interrupted transfer keeps its part, and the next one fetches only the rest', async () => {
  const t = await setUp()
  await interrupt(t, MIB)
  expect(leftovers(t)).toEqual(['model.pt.part', 'model.pt.part.json'])
  const result = await transfer(createTestCtx(fast).ctx, t.request)
  expect(result.received).toBe(t.body.length - MIB)
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
  expect(t.server.requests.at(-1)?.headers['if-range']).toMatch(/^"[0-9a-f]{32}"$/)
})

test('a checksum covers the bytes of an earlier run too', async () => {
  const t = await setUp()
  await interrupt(t, MIB)
  const checksum = {
    algorithm: 'md5',
    hex: createHash('md5').update(t.body).digest('hex'),
  } as const
  await transfer(createTestCtx(fast).ctx, { ...t.request, checksum })
  expect(t.server.requests.find(({ status }) => status === 206)?.range).toBe(`bytes=${MIB}-`)
})

test('a part that was damaged meanwhile is caught by the checksum', async () => {
  const t = await setUp()
  await interrupt(t, MIB)
  writeFileSync(`${t.target}.part`, randomBytes(MIB))
  const checksum = { algorithm: 'sha256', hex: t.sha256 } as const
  await expect(transfer(createTestCtx(fast).ctx, { ...t.request, checksum })).rejects.toMatchObject(
    { code: 'DOWNLOAD_CHECKSUM' },
  )
  expect(leftovers(t)).toEqual([])
})

test('a file that changed on the server is fetched anew', async () => {
  const t = await setUp()
  await interrupt(t, MIB)
  const changed = randomBytes(2 * MIB)
  t.files.set('/model.pt', changed)
  await transfer(createTestCtx(fast).ctx, t.request)
  expect(readFileSync(t.target).equals(changed)).toBe(true)
})

test('so it is when the server sends a range of the new file regardless of If-Range', async () => {
  const t = await setUp()
  await interrupt(t, MIB)
  const changed = randomBytes(t.body.length)
  t.files.set('/model.pt', changed)
  t.server.faults = [{ ignoreIfRange: true }]
  await transfer(createTestCtx(fast).ctx, t.request)
  expect(readFileSync(t.target).equals(changed)).toBe(true)
})

test('the part of another address is not continued', async () => {
  const t = await setUp()
  await interrupt(t, MIB)
  t.files.set('/other.pt', t.body)
  await transfer(createTestCtx(fast).ctx, { ...t.request, url: `${t.server.url}/other.pt` })
  expect(t.server.requests.at(-1)).toMatchObject({ path: '/other.pt', range: null })
})

test('without anything to recognize the file by, a new run starts at its beginning', async () => {
  const t = await setUp()
  const without = ['etag', 'last-modified']
  t.server.faults = [{ without, dropAfter: MIB, times: 1 }, { without }]
  const result = await t.run()
  expect(t.server.requests.map(({ range }) => range)).toEqual([null, null])
  expect(result.received).toBe(t.body.length + MIB)
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
})

test('a server without ranges sends everything again', async () => {
  const t = await setUp([{ dropAfter: MIB, times: 1 }, { noRanges: true }])
  await t.run()
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
})

test('a whole part that was not renamed yet needs no request', async () => {
  const t = await setUp()
  await interrupt(t, MIB)
  writeFileSync(`${t.target}.part`, t.body)
  const journal = `${t.target}.part.json`
  const known = readJournal(journal)
  if (known !== null) writeJournal(journal, { ...known, written: [[0, t.body.length]] })
  const before = t.server.requests.length
  await transfer(createTestCtx(fast).ctx, t.request)
  expect(t.server.requests).toHaveLength(before)
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
})

test('a wrong checksum rejects the file and names both', async () => {
  const t = await setUp()
  const hex = 'ab'.repeat(32)
  await expect(t.run({ checksum: { algorithm: 'sha256', hex } })).rejects.toMatchObject({
    code: 'DOWNLOAD_CHECKSUM',
    params: { source: 'the source', algorithm: 'sha256', actual: t.sha256, expected: hex },
  })
  expect(existsSync(t.target)).toBe(false)
  expect(leftovers(t)).toEqual([])
})

test('a body that always ends early and cannot be continued is an error of size', async () => {
  const t = await setUp([{ without: ['etag', 'last-modified'], dropAfter: 1000 }])
  await expect(t.run()).rejects.toMatchObject({
    code: 'DOWNLOAD_SIZE',
    params: { received: 1000, expected: t.body.length },
  })
  expect(leftovers(t)).toEqual([])
  expect(t.server.requests).toHaveLength(6)
})

test('a body that always ends early but can be continued later is kept', async () => {
  const t = await setUp([{ dropAfter: 1000, times: 1 }, { dropAfter: 0 }])
  await expect(t.run()).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    params: { received: '1000 B' },
  })
  expect(leftovers(t)).toEqual(['model.pt.part', 'model.pt.part.json'])
})

test('a promise of more than there is was a mistake when it is not repeated', async () => {
  const t = await setUp([{ claimSize: 4 * MIB, times: 1 }])
  await t.run()
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
})

test('a server that always promises more than it has is found out', async () => {
  const t = await setUp([{ claimSize: 4 * MIB }])
  await expect(t.run()).rejects.toMatchObject({
    code: 'DOWNLOAD_SIZE',
    params: { received: t.body.length, expected: 4 * MIB },
  })
  expect(leftovers(t)).toEqual([])
})

test('a size other than the expected one costs no byte', async () => {
  const t = await setUp()
  await expect(t.run({ expectedSize: 5 })).rejects.toMatchObject({
    code: 'DOWNLOAD_SIZE',
    params: { received: t.body.length, expected: 5 },
  })
  expect(leftovers(t)).toEqual([])
})

test('a body without a size is cut off when it grows past the expected one', async () => {
  const t = await setUp([{ chunked: true }])
  await expect(t.run({ expectedSize: MIB })).rejects.toMatchObject({ code: 'DOWNLOAD_SIZE' })
  await t.run({ expectedSize: t.body.length })
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
})

test('a body without a size that ends before the expected one is refused', async () => {
  const t = await setUp([{ chunked: true }])
  await expect(t.run({ expectedSize: t.body.length + 1 })).rejects.toMatchObject({
    code: 'DOWNLOAD_SIZE',
    params: { received: t.body.length, expected: t.body.length + 1 },
  })
  expect(existsSync(t.target)).toBe(false)
})

test('a truncated body without a size is not taken for the file', async () => {
  const t = await setUp([{ chunked: true, dropAfter: MIB, times: 1 }])
  await t.run()
  expect(readFileSync(t.target).equals(t.body)).toBe(true)
})

test('silence is a failure of the connection: the transfer goes on with a new one', async () => {
  const t = await setUp([{ stallAfter: MIB, times: 1 }], {
    settings: { downloadStallMs: 200, downloadConnections: 1 },
  })
  await t.run()
  expect(t.server.requests.map(({ range }) => range)).toContain(`bytes=${MIB}-`)
  expect(t.events).toContainEqual(
    expect.objectContaining({ type: 'download.retry', reason: 'not a byte for 0.2 s' }),
  )
})

test('a server that never answers is given up', async () => {
  const t = await setUp([{ hang: true }], { settings: { downloadStallMs: 500 } })
  await expect(t.run()).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    params: { reason: expect.stringContaining('not a byte for 0.5 s') },
  })
  expect(t.server.requests).toHaveLength(6)
  expect(leftovers(t)).toEqual([])
})

test.each([408, 429, 500, 502, 503])('status %i is tried again', async (status) => {
  const t = await setUp([{ status, times: 2 }])
  await t.run()
  expect(t.server.requests.map((request) => request.status)).toEqual([status, status, 200])
})

test('a busy server decides how long to wait', async () => {
  const t = await setUp([{ status: 429, headers: { 'retry-after': '1' }, times: 1 }])
  await t.run()
  expect(t.events).toContainEqual(
    expect.objectContaining({ type: 'download.retry', attempt: 1, waitMs: 1000 }),
  )
})

test('a server that wants an hour of patience is an error now', async () => {
  const t = await setUp([{ status: 503, headers: { 'retry-after': '3600' } }])
  await expect(t.run()).rejects.toMatchObject({ code: 'DOWNLOAD_HTTP', params: { status: 503 } })
  expect(t.server.requests).toHaveLength(1)
})

test.each([401, 403, 404])(
  'status %i fails at once, with the hint of its source',
  async (status) => {
    const t = await setUp([{ status }])
    await expect(t.run()).rejects.toMatchObject({
      code: 'DOWNLOAD_HTTP',
      params: { source: 'the source', status, hint: `hint for ${status}` },
    })
    expect(t.server.requests).toHaveLength(1)
    expect(leftovers(t)).toEqual([])
  },
)

test('a compressed body and a web page are refused', async () => {
  const t = await setUp([{ gzip: true }])
  await expect(t.run()).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
  t.server.faults = [{ headers: { 'content-type': 'text/html' } }]
  await expect(t.run()).rejects.toMatchObject({ params: { hint: 'hint for page' } })
  expect(leftovers(t)).toEqual([])
})

test('nobody listening is a failure that names the reason', async () => {
  const t = await setUp()
  await t.server.stop()
  await expect(t.run()).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    params: { reason: expect.stringContaining('ECONNREFUSED') },
  })
})

test('an abort before the first answer is an interruption', async () => {
  const t = await setUp([{ hang: true }])
  const arrived = t.server.next('request')
  const running = t.run()
  await arrived
  t.abort()
  await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' })
  expect(leftovers(t)).toEqual([])
})

test('an abort during the pause before a retry is an interruption', async () => {
  const t = await setUp([{ status: 503 }], { settings: { downloadRetryMs: 60_000 } })
  const running = t.run()
  await t.waitFor((event): event is typeof event => event.type === 'download.retry')
  t.abort()
  await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' })
})

test('transfers of a group share their connections', async () => {
  const t = await setUp([], { size: 1000 })
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  await t.run({ agents })
  await t.run({ agents, target: `${t.target}2` })
  const [one, two] = t.server.requests
  expect(one?.port).toBe(two?.port)
})

test('a file larger than the free space is refused before a byte is written', async () => {
  const t = await setUp([{ claimSize: 2 ** 52 }], { settings: { skipSpaceCheck: false } })
  await expect(t.run()).rejects.toMatchObject({ code: 'DISK_FULL' })
  expect(leftovers(t)).toEqual([])
  expect(t.server.requests).toHaveLength(1)
})

test('a target whose folder is a file is a failure of the disk', async () => {
  const t = await setUp()
  mkdirSync(join(t.target, '..'), { recursive: true })
  writeFileSync(t.target, 'a file')
  await expect(t.run({ target: join(t.target, 'below.pt') })).rejects.toMatchObject({
    code: 'DISK_WRITE',
  })
})
