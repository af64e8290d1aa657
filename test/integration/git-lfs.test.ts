import { createHash } from 'node:crypto'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAddress } from '../../src/git/address.ts'
import {
  changedFiles,
  checkoutPaths,
  ensureCheckout,
  repairCheckout,
} from '../../src/git/checkout.ts'
import type { Settings } from '../../src/core/settings.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { readTreeFiles } from '../../src/platform/tree-files.ts'
import { createRepo, type RepoFile } from '../helpers/git-repo.ts'
import { startGitServer } from '../helpers/git-server.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const WEIGHTS = Buffer.alloc(200_000, 'weights ')
const IMAGE = Buffer.from('an image')
const ATTRIBUTES = '*.bin filter=lfs diff=lfs merge=lfs -text\n'

function nameOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function pointerTo(content: Buffer): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${nameOf(content)}\nsize ${content.length}\n`
}

const FILES: Record<string, RepoFile> = {
  '.gitattributes': ATTRIBUTES,
  'a.py': '1',
  'models/w.bin': pointerTo(WEIGHTS),
  'run.bin': { executable: pointerTo(IMAGE) },
  // Looks like one, and nobody said that it is one.
  'doc/pointer.txt': pointerTo(IMAGE),
}

async function setUp(files = FILES, objects: Buffer[] = [WEIGHTS, IMAGE]) {
  const root = tempDir('lfs')
  const repo = createRepo(join(root, 'owner/pack.git'), { files })
  const lfs = new Map(objects.map((content) => [nameOf(content), content]))
  const server = await startGitServer({ root, lfs })
  const cache = cachePaths(join(root, 'cache'))
  const address = parseAddress(`${server.url}/owner/pack.git`, '/')
  const commit = repo.commits[0] ?? ''
  const paths = checkoutPaths(cache, address, commit)
  const ctx = (settings: Partial<Settings> = {}) =>
    createTestCtx({ downloadStallMs: 2000, ...settings }).ctx
  const lfsRequests = () => server.requests.filter(({ path }) => path.includes('/info/lfs/'))
  return { root, repo, lfs, server, cache, address, commit, paths, ctx, lfsRequests }
}

test('pointers become their files at checkout, and count as clean', async () => {
  const { cache, address, commit, paths, ctx, lfsRequests } = await setUp()
  expect(await ensureCheckout(ctx(), cache, address, commit)).toBe(true)
  expect(readFileSync(join(paths.tree, 'models/w.bin'))).toEqual(WEIGHTS)
  expect(statSync(join(paths.tree, 'run.bin')).mode & 0o111).not.toBe(0)
  expect(readFileSync(join(paths.tree, 'doc/pointer.txt'), 'utf8')).toBe(pointerTo(IMAGE))
  expect(lfsRequests().map(({ method }) => method)).toEqual(['POST', 'GET', 'GET'])
  expect(await changedFiles(ctx(), cache, address, commit)).toEqual([])
  expect(await ensureCheckout(ctx(), cache, address, commit)).toBe(false)
})

test('a changed LFS file is noticed, also one that became a pointer again', async () => {
  const { cache, address, commit, paths, ctx, lfsRequests } = await setUp()
  await ensureCheckout(ctx(), cache, address, commit)
  writeFileSync(join(paths.tree, 'models/w.bin'), pointerTo(WEIGHTS))
  expect(await changedFiles(ctx(), cache, address, commit)).toEqual(['models/w.bin'])
  const before = lfsRequests().length
  expect((await repairCheckout(ctx(), cache, address, commit))?.changed).toEqual(['models/w.bin'])
  expect(readFileSync(join(paths.tree, 'models/w.bin'))).toEqual(WEIGHTS)
  // run.bin was as it should be, and was not fetched again
  expect(
    lfsRequests()
      .slice(before)
      .map(({ method }) => method),
  ).toEqual(['POST', 'GET'])
  expect(await changedFiles(ctx(), cache, address, commit)).toEqual([])
})

test('a file touched without a change stays clean', async () => {
  const { cache, address, commit, paths, ctx } = await setUp()
  await ensureCheckout(ctx(), cache, address, commit)
  writeFileSync(join(paths.tree, 'models/w.bin'), WEIGHTS)
  expect(await changedFiles(ctx(), cache, address, commit)).toEqual([])
})

test('what the server does not have stays a pointer, is told, and comes with a later try', async () => {
  const { lfs, cache, address, commit, paths, ctx } = await setUp(FILES, [IMAGE])
  expect(await ensureCheckout(ctx(), cache, address, commit)).toBe(true)
  expect(readFileSync(join(paths.tree, 'models/w.bin'), 'utf8')).toBe(pointerTo(WEIGHTS))
  expect(readTreeFiles(paths.files)?.missing).toEqual([
    { path: 'models/w.bin', repo: null, reason: 'Object does not exist' },
  ])
  expect(await changedFiles(ctx(), cache, address, commit)).toEqual([])
  expect(await ensureCheckout(ctx(), cache, address, commit)).toBe(false)
  lfs.set(nameOf(WEIGHTS), WEIGHTS)
  expect(await ensureCheckout(ctx(), cache, address, commit)).toBe(true)
  expect(readFileSync(join(paths.tree, 'models/w.bin'))).toEqual(WEIGHTS)
  expect(readTreeFiles(paths.files)?.missing).toEqual([])
  expect(await changedFiles(ctx(), cache, address, commit)).toEqual([])
})

test.each([
  ['other bytes of the same length', Buffer.from('no image'), 'not what the pointer says'],
  ['more bytes', Buffer.alloc(1 << 20), 'more than the pointer says'],
])('a server that sends %s is not believed', async (_, content, reason) => {
  const { lfs, cache, address, commit, paths, ctx } = await setUp()
  lfs.set(nameOf(IMAGE), content)
  await ensureCheckout(ctx(), cache, address, commit)
  expect(readFileSync(join(paths.tree, 'run.bin'), 'utf8')).toBe(pointerTo(IMAGE))
  expect(readTreeFiles(paths.files)?.missing).toMatchObject([
    { path: 'run.bin', reason: expect.stringContaining(reason) },
  ])
})

test('the login of the address opens the LFS server too', async () => {
  const { server, cache, commit, paths, ctx, lfsRequests } = await setUp()
  server.setFault('owner/pack.git', { auth: { user: 'u', password: 'p@ss' } })
  const withLogin = parseAddress(`${server.url.replace('://', '://u:p%40ss@')}/owner/pack.git`, '/')
  await ensureCheckout(ctx(), cache, withLogin, commit)
  expect(
    lfsRequests().some(({ method, authorization }) => method === 'POST' && authorization),
  ).toBe(true)
  expect(readTreeFiles(paths.files)?.missing.map(({ reason }) => reason)).toEqual(
    expect.not.arrayContaining([expect.stringContaining('127.0.0.1 answers 401')]),
  )
})

test('offline, nothing is asked', async () => {
  const { cache, address, commit, paths, ctx, lfsRequests } = await setUp()
  await ensureCheckout(ctx(), cache, address, commit)
  rmSync(join(paths.tree, 'run.bin'))
  const before = lfsRequests().length
  await repairCheckout(ctx({ offline: true }), cache, address, commit)
  expect(lfsRequests()).toHaveLength(before)
  expect(readTreeFiles(paths.files)?.missing).toMatchObject([
    { path: 'run.bin', reason: 'offline' },
  ])
  expect(readFileSync(join(paths.tree, 'models/w.bin'))).toEqual(WEIGHTS)
})

test('a repository on this machine gives its own objects', async () => {
  const { root, cache, commit, ctx, lfsRequests } = await setUp()
  const address = parseAddress(join(root, 'owner/pack.git'), '/')
  const name = nameOf(WEIGHTS)
  const object = join(root, 'owner/pack.git/lfs/objects', name.slice(0, 2), name.slice(2, 4), name)
  mkdirSync(dirname(object), { recursive: true })
  writeFileSync(object, WEIGHTS)
  await ensureCheckout(ctx(), cache, address, commit)
  const { tree, files } = checkoutPaths(cache, address, commit)
  expect(readFileSync(join(tree, 'models/w.bin'))).toEqual(WEIGHTS)
  expect(readTreeFiles(files)?.missing).toMatchObject([{ path: 'run.bin' }])
  expect(lfsRequests()).toEqual([])
})

test('LFS files of a submodule come from its own server, and are watched as well', async () => {
  const { root, server, cache, ctx, lfs } = await setUp(FILES, [WEIGHTS])
  const inner = createRepo(join(root, 'owner/inner.git'), { files: FILES })
  const outer = createRepo(join(root, 'owner/outer.git'), {
    files: { 'lib/in': { submodule: '../inner.git', commit: inner.commits[0] ?? '' } },
  })
  const address = parseAddress(`${server.url}/owner/outer.git`, '/')
  const commit = outer.commits[0] ?? ''
  await ensureCheckout(ctx(), cache, address, commit)
  const { tree, files } = checkoutPaths(cache, address, commit)
  expect(readFileSync(join(tree, 'lib/in/models/w.bin'))).toEqual(WEIGHTS)
  expect(readTreeFiles(files)?.missing).toMatchObject([
    { path: 'lib/in/run.bin', repo: `${server.url}/owner/inner.git` },
  ])
  lfs.set(nameOf(IMAGE), IMAGE)
  expect(await ensureCheckout(ctx(), cache, address, commit)).toBe(true)
  expect(readFileSync(join(tree, 'lib/in/run.bin'))).toEqual(IMAGE)
  writeFileSync(join(tree, 'lib/in/models/w.bin'), 'changed')
  expect(await changedFiles(ctx(), cache, address, commit)).toEqual(['lib/in/models/w.bin'])
})
