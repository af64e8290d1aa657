import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cachePaths } from '../../src/platform/paths.ts'
import {
  archivePath,
  changedInPackage,
  ensurePackage,
  packagePaths,
  repairPackage,
} from '../../src/registry/checkout.ts'
import type { RegistryPin } from '../../src/registry/types.ts'
import { failureOf } from '../helpers/failure.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { makeZip, zipOf, type ZipEntry } from '../helpers/zip.ts'

/** A cache that has this archive, and the pin of it. */
function setUp(zip: Buffer) {
  const cache = cachePaths(join(tempDir('registry'), 'cache'))
  const pin: RegistryPin = {
    id: 'kj-nodes',
    version: '1.2.3',
    url: 'https://cdn.example.org/kijai/kj-nodes/1.2.3/node.tar.gz',
    sha256: createHash('sha256').update(zip).digest('hex'),
  }
  mkdirSync(dirname(archivePath(cache, pin)), { recursive: true })
  writeFileSync(archivePath(cache, pin), zip)
  mkdirSync(cache.tmp, { recursive: true })
  const { ctx } = createTestCtx()
  return { ctx, cache, pin, paths: packagePaths(cache, pin) }
}

test('a package becomes an immutable tree, once', async () => {
  const { ctx, cache, pin, paths } = setUp(
    makeZip([
      { name: '__init__.py', content: 'print(1)\n' },
      { name: 'web/' },
      { name: 'web/x.js', content: '1' },
      { name: 'run.sh', content: '#!/bin/sh\n', mode: 0o104777 },
    ]),
  )
  expect(await ensurePackage(ctx, cache, pin)).toBe(true)
  expect(await ensurePackage(ctx, cache, pin)).toBe(false)
  expect(paths.tree).toBe(
    join(cache.checkouts, 'cdn.example.org', `kj-nodes@1.2.3-${pin.sha256.slice(0, 12)}`),
  )
  expect(readFileSync(join(paths.tree, 'web/x.js'), 'utf8')).toBe('1')
  expect(statSync(join(paths.tree, 'run.sh')).mode & 0o7777).toBe(0o755)
  expect(statSync(join(paths.tree, '__init__.py')).mode & 0o7777).toBe(0o644)
  expect(await changedInPackage(ctx, cache, pin)).toEqual([])
})

test('what somebody changed is noticed, kept and made again', async () => {
  const { ctx, cache, pin, paths } = setUp(zipOf({ 'a.py': '1', 'b.py': '2', 'c/d.py': '3' }))
  await ensurePackage(ctx, cache, pin)
  writeFileSync(join(paths.tree, 'a.py'), 'x')
  writeFileSync(join(paths.tree, 'c/config.json'), '{}')
  mkdirSync(join(paths.tree, '__pycache__'))
  writeFileSync(join(paths.tree, '__pycache__/a.cpython-311.pyc'), '')
  rmSync(join(paths.tree, 'b.py'))
  expect(await changedInPackage(ctx, cache, pin)).toEqual(['a.py', 'b.py', 'c/config.json'])
  const repair = await repairPackage(ctx, cache, pin)
  expect(readFileSync(join(repair?.kept ?? '', 'a.py'), 'utf8')).toBe('x')
  expect(existsSync(join(repair?.kept ?? '', 'c/config.json'))).toBe(true)
  expect(await changedInPackage(ctx, cache, pin)).toEqual([])
  expect(await repairPackage(ctx, cache, pin)).toBeNull()
})

test('bytecode in an archive is left out: it may say something else than its source', async () => {
  const { ctx, cache, pin, paths } = setUp(
    zipOf({ 'a.py': '1', '__pycache__/a.cpython-311.pyc': 'evil', 'b/__pycache__/c.pyc': 'evil' }),
  )
  await ensurePackage(ctx, cache, pin)
  expect(readdirSync(paths.tree)).toEqual(['a.py'])
})

const plain: ZipEntry = { name: 'ok.py', content: 'ok' }

describe('a hostile archive is refused whole, before anything of it is written', () => {
  test.each<[string, ZipEntry[], string]>([
    ['a parent folder', [{ name: '../evil.py' }], 'invalid relative path'],
    ['an absolute path', [{ name: '/evil.py' }], 'absolute path'],
    ['a drive', [{ name: 'C:/evil.py' }], 'absolute path'],
    ['a backslash', [{ name: 'a\\..\\..\\evil.py' }], 'invalid characters'],
    ['a control character', [{ name: 'a\u0007.py' }], 'control characters'],
    ['a symlink', [{ name: 'link', content: '/etc/passwd', mode: 0o120777 }], 'no plain file'],
    ['a device', [{ name: 'null', mode: 0o020666 }], 'no plain file'],
    ['a pipe', [{ name: 'pipe', mode: 0o010666 }], 'no plain file'],
    ['a name twice', [plain, plain], 'twice'],
    ['a name twice on macOS', [plain, { ...plain, name: 'OK.py' }], 'one name'],
    ['a repository', [{ name: '.git/hooks/post-checkout', content: 'x' }], 'git repository'],
    ['encrypted files', [{ ...plain, encrypted: true }], 'encrypted'],
    ['a size that lies', [{ ...plain, content: 'x'.repeat(999), claimBytes: 10 }], 'bytes'],
    ['a folder with content', [{ name: 'x/', content: 'x' }], 'folder with content'],
    ['nothing', [], 'empty'],
    ['folders alone', [{ name: 'x/' }], 'empty'],
    ['too much', [{ ...plain, claimBytes: 3 * 1024 ** 3 }], 'too large'],
    ['a bomb', [{ ...plain, content: Buffer.alloc(40 * 1024 ** 2) }], 'times its size'],
  ])('%s', async (_, entries, reason) => {
    const { ctx, cache, pin, paths } = setUp(
      makeZip(
        [{ ...plain, name: 'first.py' }, ...entries].slice(
          entries.every(({ name }) => name.endsWith('/')) ? 1 : 0,
        ),
      ),
    )
    expect(await failureOf(ensurePackage(ctx, cache, pin))).toMatchObject({
      code: 'ARCHIVE_REFUSED',
      params: { id: 'kj-nodes', version: '1.2.3', reason: expect.stringContaining(reason) },
    })
    expect([paths.tree, paths.complete].some((path) => existsSync(path))).toBe(false)
    expect(readdirSync(cache.tmp)).toEqual([])
    expect(existsSync(join(dirname(cache.tmp), 'evil.py'))).toBe(false)
  })

  test('too many entries', async () => {
    const many = Array.from({ length: 50_001 }, (_, index) => ({ name: `${index}` }))
    const { ctx, cache, pin } = setUp(makeZip(many))
    const error = await failureOf(ensurePackage(ctx, cache, pin))
    expect(error).toMatchObject({ code: 'ARCHIVE_REFUSED' })
  })

  test.each(['', 'not a zip', 'PK\u0005\u0006'])('%j instead of a zip', async (text) => {
    const { ctx, cache, pin } = setUp(Buffer.from(text))
    const error = await failureOf(ensurePackage(ctx, cache, pin))
    expect(error).toMatchObject({ code: 'ARCHIVE_REFUSED' })
  })

  test('an archive cut off at any place', async () => {
    const zip = zipOf({ 'a.py': 'x'.repeat(100), 'b.py': 'y' })
    for (let length = 0; length < zip.length; length += 13) {
      const { ctx, cache, pin } = setUp(zip.subarray(0, length))
      const error = await failureOf(ensurePackage(ctx, cache, pin))
      expect(error).toMatchObject({ code: 'ARCHIVE_REFUSED' })
    }
  })
})
