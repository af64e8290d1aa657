import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readJournal, writeJournal } from '../../src/download/journal.ts'
import { totalOf } from '../../src/download/ranges.ts'
import type { TransferRequest } from '../../src/download/types.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import {
  startChaosServer,
  type Chaos,
  type ChaosOptions,
  type ChaosRequest,
} from '../helpers/chaos-server.ts'
import { createDownload } from '../helpers/download.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

const KIB = 1024
const SIZE = 400 * KIB
const body = randomBytes(SIZE)
const sha256 = createHash('sha256').update(body).digest('hex')
const checksum = { algorithm: 'sha256', hex: sha256 } as const
/** Slow enough that several connections are at work together. */
const STEADY = 2 << 20
/** Slow enough to be interrupted. */
const SLOW = 128 * KIB

async function serve(options: Partial<ChaosOptions> = {}) {
  const server = await startChaosServer({
    files: new Map([['/model.pt', body]]),
    bytesPerSecond: STEADY,
    ...options,
  })
  whenOver(server.stop)
  return server
}

async function setUp(options: Partial<ChaosOptions> = {}, settings = {}) {
  const server = await serve(options)
  const download = createDownload(`${server.url}/model.pt`, { settings })
  const hasArrived = () => readFileSync(download.target).equals(body)
  return { ...download, server, hasArrived }
}

const bytesSent = (requests: readonly ChaosRequest[]) =>
  requests.reduce((sum, { sent }) => sum + sent, 0)
const connectionsOf = (requests: readonly ChaosRequest[]) =>
  new Set(requests.map(({ connection }) => connection))

test('a big file comes over many connections, and nothing of it twice', async () => {
  const t = await setUp()
  const result = await t.run({ checksum })
  expect(t.hasArrived()).toBe(true)
  expect(t.server.peak).toBeGreaterThanOrEqual(6)
  expect(result).toMatchObject({ size: SIZE, received: SIZE, sha256 })
  expect(t.leftovers()).toEqual([])
})

test('the first request is a plain one, and its bytes are used', async () => {
  const t = await setUp()
  await t.run()
  const [first, ...others] = t.server.requests
  expect(first?.range).toBeNull()
  expect(others.every(({ range }) => range !== null && range.from > 0)).toBe(true)
  expect(others.every(({ headers }) => String(headers['if-range']).startsWith('"'))).toBe(true)
})

test('no more connections are opened than the setting allows', async () => {
  const t = await setUp({}, { downloadConnections: 3 })
  await t.run()
  expect(t.server.peak).toBeLessThanOrEqual(4) // one of them closing while its follower opens
  expect(t.hasArrived()).toBe(true)
})

test.each(['reset', 503] as const)(
  'a server that answers more than two connections with %s still gives the file',
  async (refuseWith) => {
    const t = await setUp({ maxConnections: 2, refuseWith })
    await t.run({ checksum })
    expect(t.hasArrived()).toBe(true)
  },
)

test('a server that says it has no ranges is asked once', async () => {
  const t = await setUp({ chaos: () => ({ headers: { 'accept-ranges': 'none' } }) })
  await t.run()
  expect(t.server.requests).toHaveLength(1)
  expect(t.hasArrived()).toBe(true)
})

test('a server that does not know of ranges gives the file over its first connection', async () => {
  const t = await setUp({ chaos: () => ({ ignoreRange: true, without: ['accept-ranges'] }) })
  const result = await t.run()
  expect(t.server.requests.length).toBeLessThanOrEqual(2)
  expect(result.received).toBe(SIZE)
  expect(t.hasArrived()).toBe(true)
})

test.each(['chunked', 'close'] as const)(
  'a body without a length (%s) comes as it is',
  async (framing) => {
    const t = await setUp({ chaos: () => ({ framing }) })
    await t.run({ checksum })
    expect(t.server.requests).toHaveLength(1)
    expect(t.hasArrived()).toBe(true)
  },
)

test('without validators ranges are used only when a checksum will tell', async () => {
  const chaos = () => ({ without: ['etag'] })
  const [careful, sure] = [await setUp({ chaos }), await setUp({ chaos })]
  await careful.run()
  expect(careful.server.requests).toHaveLength(1)
  await sure.run({ checksum })
  expect(sure.server.peak).toBeGreaterThan(2)
  expect([careful.hasArrived(), sure.hasArrived()]).toEqual([true, true])
})

test('a connection that falls silent at the end of the file is replaced, not waited for', async () => {
  const isVictim = ({ range }: ChaosRequest) => range !== null && range.to === null
  let victims = 0
  const chaos = (request: ChaosRequest) =>
    isVictim(request) && victims++ === 0 ? { stallAfter: 1000 } : null
  const t = await setUp({ chaos }, { downloadStallMs: 600_000 })
  await t.run({ checksum })
  expect(victims).toBeGreaterThan(0)
  expect(t.hasArrived()).toBe(true)
})

test('so is the only connection of a file', async () => {
  const chaos = ({ index }: ChaosRequest) => (index === 0 ? { stallAfter: 100 * KIB } : null)
  const t = await setUp({ chaos }, { downloadStallMs: 600_000, downloadConnections: 1 })
  const result = await t.run()
  expect(result.received).toBe(SIZE)
  expect(t.hasArrived()).toBe(true)
})

test('connections that break are replaced, and what they had brought is kept', async () => {
  const chaos = ({ index }: ChaosRequest) => (index < 12 ? { resetAfter: 8 * KIB } : null)
  const t = await setUp({ chaos })
  const result = await t.run({ checksum })
  expect(result.received).toBe(SIZE)
  expect(t.hasArrived()).toBe(true)
})

test('a file that changes in the middle comes whole, and none of its old bytes with it', async () => {
  const other = randomBytes(SIZE)
  const chaos = ({ index }: ChaosRequest): Chaos | null => (index < 4 ? null : { body: other })
  const t = await setUp({ chaos })
  await t.run()
  expect(readFileSync(t.target).equals(other)).toBe(true)
})

test('a range that is not the one asked for is never written', async () => {
  const chaos = ({ range, index }: ChaosRequest): Chaos | null =>
    range !== null && index < 5 ? { contentRange: `bytes 0-${SIZE - 1}/${SIZE}` } : null
  const t = await setUp({ chaos })
  await t.run()
  expect(t.hasArrived()).toBe(true)
})

test('ranges are asked for where the redirect led, without the credentials of the origin', async () => {
  const store = await serve({ host: '127.0.0.2' })
  const t = await setUp({ chaos: () => ({ redirectTo: `${store.url}/model.pt?signature=1` }) })
  await t.run({ headers: { authorization: 'Bearer secret' } })
  expect(t.server.requests).toHaveLength(1)
  expect(t.server.requests[0]?.headers.authorization).toBe('Bearer secret')
  expect(store.peak).toBeGreaterThan(2)
  expect(JSON.stringify(store.requests)).not.toContain('secret')
  expect(t.hasArrived()).toBe(true)
})

test('where the redirect led expires: the origin is asked for another', async () => {
  let signature = 0
  const store = await serve({
    host: '127.0.0.2',
    chaos: ({ path, index }) => (path.endsWith('=1') && index > 2 ? { status: 403 } : null),
  })
  const chaos = () => ({ redirectTo: `${store.url}/model.pt?signature=${++signature}` })
  const t = await setUp({ chaos })
  const result = await t.run({ checksum })
  expect(signature).toBe(2)
  expect(result.received).toBe(SIZE)
  expect(t.hasArrived()).toBe(true)
})

test('an address that expires is replaced by one request for all connections', async () => {
  let renewals = 0
  const chaos = ({ path, index, headers }: ChaosRequest): Chaos | null => {
    if (path === '/model.pt') return index < 3 ? null : { status: 410 }
    return headers['x-fresh'] === 'yes' ? null : { status: 401 }
  }
  const t = await setUp({ chaos })
  const renew = () => {
    renewals++
    return Promise.resolve({ url: `${t.server.url}/model.pt?new`, headers: { 'x-fresh': 'yes' } })
  }
  const result = await t.run({ checksum, renew })
  expect(renewals).toBe(1)
  expect(result.received).toBe(SIZE)
  expect(t.hasArrived()).toBe(true)
})

test('an address that never worked is not renewed', async () => {
  const t = await setUp({ chaos: () => ({ status: 403 }) })
  const renew = () => Promise.reject(new Error('nobody should ask'))
  await expect(t.run({ renew })).rejects.toMatchObject({ code: 'DOWNLOAD_HTTP' })
  expect(t.server.requests).toHaveLength(1)
})

test('an interrupted transfer goes on with several connections, and fetches nothing again', async () => {
  const t = await setUp({ bytesPerSecond: SLOW })
  const first = t.run({ checksum })
  await t.waitFor((event): event is typeof event => isFurther(event, SIZE / 4))
  t.abort()
  await expect(first).rejects.toMatchObject({ code: 'INTERRUPTED' })
  expect(t.leftovers()).toEqual(['model.pt.part', 'model.pt.part.json'])
  const known = knownBytes(t.target)
  const second = createDownload(t.request.url, { target: t.target })
  const before = t.server.requests.length
  const result = await second.run({ checksum })
  expect(result.received).toBe(SIZE - known)
  expect(connectionsOf(t.server.requests.slice(before)).size).toBeGreaterThan(1)
  expect(t.hasArrived()).toBe(true)
})

test('a journal of another run of the machine counts only what was durable', async () => {
  const t = await setUp({ bytesPerSecond: SLOW })
  const first = t.run()
  await t.waitFor((event): event is typeof event => isFurther(event, SIZE / 4))
  t.abort()
  await expect(first).rejects.toMatchObject({ code: 'INTERRUPTED' })
  const path = `${t.target}.part.json`
  const journal = readJournal(path)
  if (journal !== null) writeJournal(path, { ...journal, boot: 'before the power failure' })
  const result = await createDownload(t.request.url, { target: t.target }).run()
  expect(result.received).toBe(SIZE)
  expect(t.hasArrived()).toBe(true)
})

test('little files share their connections', async () => {
  const files = new Map(Array.from({ length: 60 }, (_, at) => [`/${at}`, randomBytes(2 * KIB)]))
  const server = await serve({ files })
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const dir = tempDir('little')
  const settings = { downloadConnections: 8 }
  const fetch = ([path, bytes]: [string, Buffer]) => {
    const download = createDownload(server.url + path, { settings, target: join(dir, path) })
    return download.run({ agents }).then(() => readFileSync(download.target).equals(bytes))
  }
  const results = await Promise.all([...files].map(fetch))
  expect(results.every(Boolean)).toBe(true)
  expect(server.requests).toHaveLength(60)
  expect(connectionsOf(server.requests).size).toBeLessThanOrEqual(8)
})

test('a connection that the server closed meanwhile is not counted as a failure', async () => {
  const server = await serve()
  const agents: TransferRequest['agents'] = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const settings = { downloadConnections: 1 }
  const one = createDownload(`${server.url}/model.pt`, { settings })
  server.chaos = () => ({ headers: { 'keep-alive': 'timeout=1' } })
  await one.run({ agents })
  server.chaos = ({ connection }) => (connection === 0 ? { garbage: '' } : null)
  const two = createDownload(`${server.url}/model.pt`, { settings })
  await two.run({ agents })
  expect(two.events.filter(({ type }) => type === 'download.retry')).toEqual([])
  expect(existsSync(two.target)).toBe(true)
})

test('a second file gets its first connection although the first file holds them all', async () => {
  const server = await serve({ bytesPerSecond: SLOW })
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const settings = { downloadConnections: 4 }
  const [one, two] = [0, 1].map(() => createDownload(`${server.url}/model.pt`, { settings }))
  const first = one?.run({ agents })
  await one?.waitFor((event): event is typeof event => isFurther(event, SIZE / 10))
  const second = two?.run({ agents })
  await two?.waitFor((event): event is typeof event => isFurther(event, 1))
  expect(existsSync(one?.target ?? '')).toBe(false)
  await Promise.all([first, second])
  expect(server.peak).toBeLessThanOrEqual(5) // one of them closing while its follower opens
})

test('a limit of bytes per second is kept', async () => {
  const t = await setUp({ bytesPerSecond: 64 << 20 }, { downloadLimit: SIZE * 2 })
  await t.run()
  const end = t.events.find((event) => event.type === 'download.end')
  expect(end?.ms).toBeGreaterThan(300)
  expect(bytesSent(t.server.requests)).toBeGreaterThanOrEqual(SIZE)
})

function isFurther(event: { type: string; received?: number }, bytes: number): boolean {
  return event.type === 'download.progress' && (event.received ?? 0) >= bytes
}

function knownBytes(target: string): number {
  return totalOf(readJournal(`${target}.part.json`)?.written ?? [])
}
