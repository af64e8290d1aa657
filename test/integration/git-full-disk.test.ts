import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAddress } from '../../src/git/address.ts'
import { checkoutPaths, ensureCheckout } from '../../src/git/checkout.ts'
import { cloneRepository } from '../../src/git/clone.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { failureOf } from '../helpers/failure.ts'
import { createRepo } from '../helpers/git-repo.ts'
import { startGitServer } from '../helpers/git-server.ts'
import { canMount, mountSmallDisk } from '../helpers/small-disk.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const KIB = 1024

/** 100 KiB that do not compress. */
async function setUp() {
  const root = tempDir('git')
  const files = Object.fromEntries(
    Array.from({ length: 25 }, (_, at) => [`${at}.txt`, randomBytes(2 * KIB).toString('hex')]),
  )
  const { commits } = createRepo(join(root, 'owner/pack.git'), { files })
  const server = await startGitServer({ root })
  const address = parseAddress(`${server.url}/owner/pack.git`, '/')
  return { root, server, address, commit: commits[0] ?? '' }
}

test('wherever git comes to the end of a disk, that is the reason, and with space it goes on', async (ctx) => {
  if (!canMount()) ctx.skip('this process may not mount a small disk')
  const { root, address, commit } = await setUp()
  const failures: unknown[] = []
  for (let size = 8; size <= 216; size += 8) {
    const dir = join(root, `cache-${size}`)
    const disk = mountSmallDisk(dir, size * KIB)
    const make = () => ensureCheckout(createTestCtx().ctx, cachePaths(dir), address, commit)
    const failure = await make().then(
      () => null,
      (error: unknown) => error,
    )
    if (failure !== null) failures.push({ size, failure })
    disk.grow()
    await make()
    expect(existsSync(checkoutPaths(cachePaths(dir), address, commit).dir)).toBe(true)
  }
  expect(failures.length).toBeGreaterThan(15)
  const expected = failures.map(() => ({ failure: { code: 'DISK_WRITE' } }))
  expect(failures).toMatchObject(expected)
})

test('a clone names the folder for which there is no space', async (ctx) => {
  if (!canMount()) ctx.skip('this process may not mount a small disk')
  const { root, address } = await setUp()
  for (const size of [16, 64, 120, 160]) {
    const disk = join(root, `disk-${size}`)
    mountSmallDisk(disk, size * KIB)
    const request = { address, ref: null, dir: join(disk, 'clone'), beforePublish: () => {} }
    const failure = await failureOf(cloneRepository(createTestCtx().ctx, request))
    expect(failure).toMatchObject({
      code: 'DISK_WRITE',
      params: { path: expect.stringContaining(disk) },
    })
  }
})

test('a remote that refuses is the reason on a full disk, too', async (ctx) => {
  if (!canMount()) ctx.skip('this process may not mount a small disk')
  const { root, server, address, commit } = await setUp()
  const dir = join(root, 'cache')
  mountSmallDisk(dir, 512 * KIB)
  server.setFault('owner/pack.git', { status: 404 })
  const failure = await failureOf(
    ensureCheckout(createTestCtx().ctx, cachePaths(dir), address, commit),
  )
  expect(failure).toMatchObject({ code: 'GIT_REMOTE_FAILED' })
})
