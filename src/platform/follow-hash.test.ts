import { createHash, randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir, whenOver } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { createFollowHash } from './follow-hash.ts'
import type { HashAlgorithm } from './hash-file.ts'

const MIB = 1 << 20

function setUp(size: number, algorithm: HashAlgorithm = 'sha256') {
  const body = randomBytes(size)
  const fd = openSync(join(tempDir('hash'), 'file'), 'w+')
  whenOver(() => closeSync(fd))
  const context = createTestCtx()
  const hash = createFollowHash(context.ctx, fd, algorithm)
  whenOver(hash.close)
  const write = (from: number, to: number) => writeSync(fd, body, from, to - from, from)
  const expected = createHash('sha256').update(body).digest('hex')
  return { ...context, fd, hash, write, expected }
}

test.each([0, 1000, 33 * MIB])(
  'a file of %i bytes that was followed has its hash',
  async (size) => {
    const { hash, write, expected } = setUp(size)
    for (let at = 0; at < size; at += 5 * MIB) {
      write(at, Math.min(at + 5 * MIB, size))
      hash.follow(Math.min(at + 5 * MIB, size))
    }
    expect(await hash.digest(size)).toBe(expected)
  },
)

test('a thread knows the checksum that node:crypto does not know', async () => {
  const { hash, write } = setUp(40 * MIB, 'crc32c')
  write(0, 40 * MIB)
  for (const prefix of [33 * MIB, 38 * MIB]) hash.follow(prefix)
  const followed = await hash.digest(40 * MIB)
  await hash.close()
  expect(await hash.digest(40 * MIB)).toBe(followed) // here, without a thread
})

test('what nobody followed is hashed all the same', async () => {
  const { hash, write, expected } = setUp(40 * MIB)
  write(0, 40 * MIB)
  expect(await hash.digest(40 * MIB)).toBe(expected)
})

test('after an end it can begin anew with other bytes', async () => {
  const { fd, hash, write, expected } = setUp(40 * MIB)
  writeSync(fd, randomBytes(36 * MIB), 0, 36 * MIB, 0)
  hash.follow(36 * MIB)
  await hash.close()
  write(0, 40 * MIB)
  hash.follow(40 * MIB)
  expect(await hash.digest(40 * MIB)).toBe(expected)
})

test('a file that shrank under it gives the hash of what is there', async () => {
  const { fd, hash, write } = setUp(33 * MIB)
  write(0, 33 * MIB)
  ftruncateSync(fd, 0)
  hash.follow(33 * MIB)
  expect(await hash.digest(33 * MIB)).toBe(createHash('sha256').digest('hex'))
})

test('an abort ends the wait', async () => {
  const { hash, write, abort } = setUp(33 * MIB)
  write(0, 33 * MIB)
  hash.follow(33 * MIB)
  abort()
  await expect(hash.digest(33 * MIB)).rejects.toMatchObject({ code: 'INTERRUPTED' })
})
