import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { quotaLeft } from './volume-quota.ts'

const MIB = 2 ** 20

function setUp(quotaBytes: number | null = 10 * MIB) {
  const root = tempDir('volume')
  const { ctx, abort } = createTestCtx({ volume: { root, quotaBytes } })
  mkdirSync(join(root, 'models/loras'), { recursive: true })
  writeFileSync(join(root, 'models/loras/a.pt'), Buffer.alloc(MIB, 1))
  const left = async (path = join(root, 'models')) => (await quotaLeft(ctx, path))?.free ?? null
  return { root, ctx, abort, left }
}

test('what lies on the volume is taken from its quota', async () => {
  const { root, left } = setUp()
  const before = (await left()) ?? 0
  expect(before).toBeLessThanOrEqual(9 * MIB)
  expect(before).toBeGreaterThan(8.5 * MIB)
  writeFileSync(join(root, 'b.pt'), Buffer.alloc(MIB, 1))
  expect(before - ((await left(join(root, 'not/there/yet'))) ?? 0)).toBe(MIB)
})

test('a second name of a file takes up nothing, a link no more than itself', async () => {
  const { root, left } = setUp()
  const before = await left()
  linkSync(join(root, 'models/loras/a.pt'), join(root, 'models/b.pt'))
  symlinkSync(join(root, 'models/loras/a.pt'), join(root, 'models/c.pt'))
  expect(await left()).toBe(before)
})

test('more than the quota leaves nothing', async () => {
  expect(await setUp(1000).left()).toBe(0)
})

test('without a quota, and off the volume, there is nothing to say', async () => {
  expect(await setUp(null).left()).toBeNull()
  expect(await setUp().left(tempDir())).toBeNull()
})

test('counting can be interrupted', async () => {
  const { abort, left } = setUp()
  abort()
  await expect(left()).rejects.toMatchObject({ code: 'INTERRUPTED' })
})
