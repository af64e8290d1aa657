import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyLocal } from '../../src/download/copy-local.ts'
import type { CopyRequest } from '../../src/download/types.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const MIB = 1 << 20

function setUp(size = 9 * MIB) {
  const dir = tempDir('copy')
  const [from, target] = [join(dir, 'source.pt'), join(dir, 'models/loras/model.pt')]
  const body = randomBytes(size)
  writeFileSync(from, body)
  const request: CopyRequest = { id: 'model', from, target, checksum: null }
  return { ...createTestCtx(), body, from, target, request }
}

test('a file of this machine is copied, and later changes of it do not reach the copy', async () => {
  const { ctx, events, body, from, target, request } = setUp()
  expect(await copyLocal(ctx, request)).toMatchObject({ size: body.length, etag: null })
  appendFileSync(from, 'changed in place')
  expect(readFileSync(target).equals(body)).toBe(true)
  expect(statSync(target).ino).not.toBe(statSync(from).ino)
  expect(readdirSync(join(target, '..'))).toEqual(['model.pt'])
  expect(events[0]).toMatchObject({ type: 'download.start', name: 'model.pt', size: body.length })
  expect(events.at(-1)).toMatchObject({ type: 'download.end', received: body.length })
})

test('an empty file is copied too', async () => {
  const { ctx, target, request } = setUp(0)
  await copyLocal(ctx, request)
  expect(statSync(target).size).toBe(0)
})

test('a checksum is verified, and a wrong one leaves nothing', async () => {
  const { ctx, body, target, request } = setUp()
  const hex = createHash('sha256').update(body).digest('hex')
  const wrong = { algorithm: 'sha256', hex: '00'.repeat(32) } as const
  await expect(copyLocal(ctx, { ...request, checksum: wrong })).rejects.toMatchObject({
    code: 'DOWNLOAD_CHECKSUM',
    params: { actual: hex, expected: wrong.hex },
  })
  expect(readdirSync(join(target, '..'))).toEqual([])
  const right = await copyLocal(ctx, { ...request, checksum: { algorithm: 'sha256', hex } })
  expect(right.sha256).toBe(hex)
})

test('what is not a file is missing', async () => {
  const { ctx, from, request } = setUp()
  const folder = `${from}.d`
  mkdirSync(folder)
  for (const path of [folder, `${from}.absent`, '/dev/zero'])
    await expect(copyLocal(ctx, { ...request, from: path })).rejects.toMatchObject({
      code: 'SOURCE_FILE_MISSING',
    })
})

test('a file that changes while it is copied is not taken', async () => {
  const { ctx, from, target, request } = setUp()
  const emit: typeof ctx.emit = (event) => {
    if (event.type === 'download.start') appendFileSync(from, 'x')
  }
  await expect(copyLocal({ ...ctx, emit }, request)).rejects.toMatchObject({
    params: { reason: 'the file changed while it was copied' },
  })
  expect(readdirSync(join(target, '..'))).toEqual([])
})

test('an abort ends a copy and leaves nothing', async () => {
  const { ctx, abort, target, request } = setUp()
  const emit: typeof ctx.emit = (event) => void (event.type === 'download.progress' && abort())
  await expect(copyLocal({ ...ctx, emit }, request)).rejects.toMatchObject({ code: 'INTERRUPTED' })
  expect(readdirSync(join(target, '..'))).toEqual([])
})
