import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { readJournal } from '../../src/download/journal.ts'
import { addRange, totalOf, type Range } from '../../src/download/ranges.ts'
import type { LockModel } from '../../src/resolve/types.ts'
import { bundleProgram, startProgram, type ChildProgram } from '../helpers/child-program.ts'
import { startChaosServer, type ChaosRequest } from '../helpers/chaos-server.ts'
import { startFileServer } from '../helpers/file-server.ts'
import { until } from '../helpers/poll.ts'
import { canMount, mountSmallDisk } from '../helpers/small-disk.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

const MIB = 1 << 20
let program = ''
beforeAll(async () => {
  program = await bundleProgram('ensure-model-child')
})

async function setUp(size: number) {
  const body = randomBytes(size)
  const server = await startFileServer({ files: new Map([['/model.pt', body]]) })
  whenOver(server.stop)
  return { body, server, ...placesFor(`${server.url}/model.pt`) }
}

function placesFor(source: string) {
  const dir = tempDir('processes')
  const roots = { modelsDir: join(dir, 'models'), home: join(dir, 'home') }
  const place = { target_path: 'loras/model.pt', root: 'models', checksum: null } as const
  const model: LockModel = { source, ...place }
  return { roots, model, target: join(roots.modelsDir, model.target_path) }
}

/** Bytes from the beginning that the journal beside an unfinished file knows of. */
function knownOf(target: string): number | null {
  return readJournal(`${target}.part.json`)?.written[0]?.[1] ?? null
}

async function answerOf({ ended }: ChildProgram): Promise<unknown> {
  const { stdout, stderr } = await ended
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

test('a download killed in the middle goes on and fetches no finished byte again', async () => {
  const { body, server, roots, model, target } = await setUp(8 * MIB)
  server.faults = [{ stallAfter: 5 * MIB, times: 1 }, { hang: true }]
  const victim = startProgram(program, { roots, model }, { env: { COMFYPIN_CONNECTIONS: '1' } })
  await until(() => knownOf(target) === 5 * MIB)
  process.kill(victim.pid, 'SIGKILL')
  expect((await victim.ended).signal).toBe('SIGKILL')
  expect(existsSync(target)).toBe(false)

  server.faults = []
  const next = startProgram(program, { roots, model }, { env: { COMFYPIN_CONNECTIONS: '1' } })
  expect(await answerOf(next)).toEqual({ kind: 'missing', code: null })
  expect(readFileSync(target).equals(body)).toBe(true)
  const served = server.requests.filter(({ sent }) => sent > 0)
  expect(served.map(({ range, sent }) => [range, sent])).toEqual([
    [null, 5 * MIB],
    [`bytes=${5 * MIB}-`, 3 * MIB],
  ])
  expect(readdirSync(join(target, '..'))).toEqual(['model.pt'])
})

test('killed in the middle of many ranges, it fetches at most two of them again', async () => {
  const size = 48 * MIB
  const body = randomBytes(size)
  const files = new Map([['/model.pt', body]])
  const server = await startChaosServer({ files, bytesPerSecond: 4 * MIB })
  whenOver(server.stop)
  const { roots, model, target } = placesFor(`${server.url}/model.pt`)
  const sent = () => server.requests.reduce((sum, request) => sum + request.sent, 0)
  const victim = startProgram(program, { roots, model })
  await until(() => sent() > size / 2)
  process.kill(victim.pid, 'SIGKILL')
  await victim.ended
  const segment = 4 * MIB
  const before = server.requests.length
  const sentBefore = sent()

  const next = startProgram(program, { roots, model })
  expect(await answerOf(next)).toEqual({ kind: 'missing', code: null })
  expect(readFileSync(target).equals(body)).toBe(true)
  const again = sentBefore + bytesAskedFor(server.requests.slice(before), size) - size
  expect(server.peak).toBeGreaterThan(4)
  expect(again).toBeLessThanOrEqual(2 * segment)
})

/** Each byte once, however often it was asked for in this run. */
function bytesAskedFor(requests: readonly ChaosRequest[], size: number): number {
  const all = requests.map(({ range }): Range => [range?.from ?? 0, (range?.to ?? size - 1) + 1])
  return totalOf(all.reduce(addRange, new Array<Range>()))
}

test('of two processes that want one model, the second waits and downloads nothing', async () => {
  const { body, server, roots, model, target } = await setUp(4 * MIB)
  server.faults = [{ without: ['etag', 'last-modified'], bytesPerSecond: 8 * MIB }]
  const both = [0, 1].map(() => startProgram(program, { roots, model }))
  const answers = await Promise.all(both.map(answerOf))
  expect(answers).toContainEqual({ kind: 'missing', code: null })
  expect(answers).toContainEqual({ kind: 'present', code: null })
  expect(server.requests).toHaveLength(1)
  expect(readFileSync(target).equals(body)).toBe(true)
  expect(readdirSync(join(roots.modelsDir, '.comfypin/locks'))).toEqual([])
})

test('two processes that want one source at two places store it once', async () => {
  const { server, roots, model } = await setUp(MIB)
  const other = { ...model, target_path: 'checkpoints/other.pt' }
  const both = [model, other].map((wanted) => startProgram(program, { roots, model: wanted }))
  const kinds = (await Promise.all(both.map(answerOf))).map((answer) => JSON.stringify(answer))
  expect(kinds.toSorted()).toEqual([
    '{"kind":"link","code":null}',
    '{"kind":"missing","code":null}',
  ])
  expect(server.requests).toHaveLength(1)
  const paths = [model, other].map(({ target_path }) => join(roots.modelsDir, target_path))
  expect(paths.map((path) => statSync(path).ino)).toHaveLength(2)
  expect(new Set(paths.map((path) => statSync(path).ino)).size).toBe(1)
})

test('a disk that fills up is reported, keeps what arrived, and the rest follows when there is room', async () => {
  const { body, server, roots, model, target } = await setUp(4 * MIB)
  const limit = limitSpace(roots.modelsDir, 2 * MIB)
  const env = { COMFYPIN_SKIP_SPACE_CHECK: '1' }
  const starved = await answerOf(
    startProgram(program, { roots, model }, { before: limit.before, env }),
  )
  expect(starved).toMatchObject({
    code: 'DISK_WRITE',
    params: { path: `${target}.part`, reason: expect.stringContaining(limit.code) },
  })
  const kept = knownOf(target)
  expect(kept).toBeGreaterThan(MIB)
  expect(kept).toBeLessThanOrEqual(2 * MIB)

  limit.lift()
  const fed = await answerOf(startProgram(program, { roots, model }))
  expect(fed).toEqual({ kind: 'missing', code: null })
  expect(server.requests.find(({ status }) => status === 206)?.range).toBe(`bytes=${kept}-`)
  expect(readFileSync(target).equals(body)).toBe(true)
})

/**
 * A folder with little room: a small tmpfs where this process may mount one, else a limit on the
 * size of files (`EFBIG`), which the system enforces at the same place.
 */
function limitSpace(dir: string, bytes: number) {
  if (canMount()) {
    const { grow } = mountSmallDisk(dir, bytes)
    return { before: [], code: 'ENOSPC', lift: grow }
  }
  // bash counts in blocks of 1024 bytes
  const script = `trap '' XFSZ; ulimit -f ${bytes / 1024}; exec "$@"`
  return { before: ['bash', '-c', script, 'limited'], code: 'EFBIG', lift: () => {} }
}
