import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { readJournal, writeJournal } from '../../src/download/journal.ts'
import type { LockModel } from '../../src/resolve/types.ts'
import { bundleProgram, startProgram } from '../helpers/child-program.ts'
import { startFileServer } from '../helpers/file-server.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { canMountImages, mountThinDisk } from '../helpers/thin-disk.ts'

const MIB = 1 << 20
let program = ''
beforeAll(async () => {
  program = await bundleProgram('ensure-model-child')
})

async function setUp(size = 8 * MIB) {
  const body = randomBytes(size)
  const server = await startFileServer({ files: new Map([['/model.pt', body]]) })
  whenOver(server.stop)
  const dir = tempDir('landing')
  const roots = { modelsDir: join(dir, 'models'), home: join(dir, 'home') }
  const place = { target_path: 'loras/model.pt', root: 'models', checksum: null } as const
  const model: LockModel = { source: `${server.url}/model.pt`, ...place }
  const target = join(roots.modelsDir, model.target_path)
  const bring = async (wanted = model, env = {}) => {
    const { stdout, stderr } = await startProgram(program, { roots, model: wanted }, { env }).ended
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout)
  }
  let seen = 0
  /** A run that is killed when the file has its name, before it is on the disk. */
  const bringAndDie = async () => {
    const victim = startProgram(program, { roots, model, dies: 'landed' })
    expect((await victim.ended).signal).toBe('SIGKILL')
    seen = server.requests.length
  }
  const asked = () => server.requests.slice(seen).map(({ range }) => range)
  return { body, asked, roots, model, target, journal: `${target}.part.json`, bring, bringAndDie }
}

type Place = Awaited<ReturnType<typeof setUp>>

async function expectWhole({ body, target }: Place): Promise<void> {
  expect(readFileSync(target).equals(body)).toBe(true)
  expect(readdirSync(dirname(target))).toEqual(['model.pt'])
}

/** Only so much of it, and no page cache, was there when the machine started again. */
function losePower({ target, journal }: Place, durable: number): void {
  const known = readJournal(journal)
  if (known === null) throw new Error('no journal')
  const size = statSync(target).size
  truncateSync(target, durable)
  truncateSync(target, size) // the rest are holes
  writeJournal(journal, { ...known, durable: [[0, durable]], boot: 'the one before' })
}

test('a run killed when the file has its name leaves it in use, and the next one fetches nothing', async () => {
  const place = await setUp()
  await place.bringAndDie()
  expect(readFileSync(place.target).equals(place.body)).toBe(true)
  expect(existsSync(place.journal)).toBe(true)
  expect(await place.bring()).toEqual({ kind: 'missing', code: null })
  expect(place.asked()).toEqual([])
  await expectWhole(place)
  expect(await place.bring()).toEqual({ kind: 'present', code: null })
})

test('a small file is on the disk before it has its name, and is taken as it is', async () => {
  const place = await setUp(MIB)
  await place.bringAndDie()
  await expectWhole(place)
  expect(await place.bring()).toEqual({ kind: 'occupied', code: null })
  await expectWhole(place)
})

test('after a power failure what the disk has is kept, and the rest is fetched', async () => {
  const place = await setUp()
  await place.bringAndDie()
  losePower(place, 5 * MIB)
  expect(await place.bring(place.model, { COMFYPIN_CONNECTIONS: '1' })).toMatchObject({
    code: null,
  })
  expect(place.asked()).toEqual([`bytes=${5 * MIB}-`])
  await expectWhole(place)
})

test('a file that the user put there since stays, and is judged as any other', async () => {
  const place = await setUp()
  await place.bringAndDie()
  const own = `${place.target}.own`
  writeFileSync(own, 'my own')
  renameSync(own, place.target)
  expect(await place.bring()).toMatchObject({ code: 'MODEL_FILE_FOREIGN' })
  expect(readFileSync(place.target, 'utf8')).toBe('my own')
})

test('when not even the journal is left, only a checksum says that the file is whole', async () => {
  const place = await setUp()
  await place.bringAndDie()
  writeFileSync(place.journal, '')
  expect(await place.bring()).toMatchObject({
    code: 'MODEL_FILE_FOREIGN',
    params: { reason: expect.stringContaining('the machine stopped') },
  })
  const hex = createHash('sha256').update(place.body).digest('hex')
  const checksum = { algorithm: 'sha256', hex } as const
  expect(await place.bring({ ...place.model, checksum })).toEqual({ kind: 'occupied', code: null })
  await expectWhole(place)
})

test('a disk that refuses at the end what it took before has no model, and gets it when it can', async (ctx) => {
  if (!canMountImages()) ctx.skip('this process may not mount an image')
  const place = await setUp(24 * MIB)
  const disk = mountThinDisk(place.roots.modelsDir, 64 * MIB, 12 * MIB)
  expect(await place.bring()).toMatchObject({ kind: null, code: 'DISK_WRITE' })
  expect(existsSync(place.target)).toBe(false)
  expect(readJournal(place.journal)).toMatchObject({ boot: null, durable: [] })
  disk.grow()
  expect(await place.bring()).toEqual({ kind: 'missing', code: null })
  await expectWhole(place)
})
