import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/git/address.ts'
import {
  changedFiles,
  checkoutPaths,
  ensureCheckout,
  repairCheckout,
} from '../../src/git/checkout.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { failureOf } from '../helpers/failure.ts'
import { createRepo, type RepoFile } from '../helpers/git-repo.ts'
import { startGitServer } from '../helpers/git-server.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

async function setUp() {
  const root = tempDir('submodules')
  const server = await startGitServer({ root })
  const cache = cachePaths(join(root, 'cache'))
  const { ctx } = createTestCtx()
  const repo = (name: string, ...commits: Record<string, RepoFile>[]) =>
    createRepo(join(root, `${name}.git`), { commits: commits.map((files) => ({ files })) }).commits
  const checkout = async (name: string, commit = '', base = `${server.url}/`) => {
    const address = parseAddress(`${base}${name}.git`, '/')
    await ensureCheckout(ctx, cache, address, commit)
    return checkoutPaths(cache, address, commit).tree
  }
  return { root, server, ctx, cache, repo, checkout }
}

test('nested submodules come at their recorded commits, however their addresses are written', async () => {
  const { server, repo, checkout } = await setUp()
  const [deep = ''] = repo('other/deep', { 'deep.py': '1' }, { 'deep.py': '2' })
  const [inner = ''] = repo('owner/inner', {
    'in.py': '1',
    sub: { submodule: '../../other/deep.git', commit: deep },
  })
  const [outer = ''] = repo('owner/outer', {
    'lib/relative': { submodule: '../inner.git', commit: inner },
    absolute: { submodule: `${server.url}/other/deep.git`, commit: deep },
  })
  const tree = await checkout('owner/outer', outer)
  expect(readFileSync(join(tree, 'lib/relative/sub/deep.py'), 'utf8')).toBe('1')
  expect(readFileSync(join(tree, 'absolute/deep.py'), 'utf8')).toBe('1')
})

test('two packs with one submodule are made at the same time', async () => {
  const { repo, checkout } = await setUp()
  const [shared = ''] = repo('shared', { 'x.py': 'x' })
  const names = ['one', 'two', 'three', 'four']
  const trees = await Promise.all(
    names.map((name) => {
      const link = { submodule: '../shared.git', commit: shared }
      return checkout(name, repo(name, { 'own.py': name, sub: link })[0])
    }),
  )
  for (const tree of trees) expect(readFileSync(join(tree, 'sub/x.py'), 'utf8')).toBe('x')
})

test('a submodule whose commit is gone is named, and nothing half-made is left', async () => {
  const { server, cache, repo, checkout } = await setUp()
  repo('inner', { 'in.py': '1' })
  const gone = 'd'.repeat(40)
  const [outer = ''] = repo('outer', { sub: { submodule: '../inner.git', commit: gone } })
  expect(await failureOf(checkout('outer', outer))).toMatchObject({
    code: 'GIT_COMMIT_MISSING',
    params: { commit: gone, repo: `${server.url}/inner.git` },
  })
  const address = parseAddress(`${server.url}/outer.git`, '/')
  expect(existsSync(checkoutPaths(cache, address, outer).tree)).toBe(false)
})

test('a submodule without an address is an empty folder, as for git', async () => {
  const { repo, checkout } = await setUp()
  const [outer = ''] = repo('outer', {
    '.gitmodules': '[submodule "other"]\n\tpath = elsewhere\n\turl = ../inner.git\n',
    sub: { submodule: 'x', commit: 'd'.repeat(40) },
  })
  expect(existsSync(join(await checkout('outer', outer), 'sub'))).toBe(true)
})

describe('files of a submodule', () => {
  const setUpNested = async () => {
    const world = await setUp()
    const files = { 'lib.py': '1', run: { executable: '2' }, link: { symlink: 'lib.py' } }
    const [deep = ''] = world.repo('deep', files)
    const [inner = ''] = world.repo('inner', {
      ...files,
      sub: { submodule: '../deep.git', commit: deep },
    })
    const [outer = ''] = world.repo('outer', {
      'own.py': '1',
      '.gitmodules': '[submodule "in"]\n\tpath = lib/in\n\turl = ../inner.git\n',
      'lib/in': { submodule: '../inner.git', commit: inner },
      nobody: { submodule: 'x', commit: inner },
    })
    const tree = await world.checkout('outer', outer)
    const address = parseAddress(`${world.server.url}/outer.git`, '/')
    const changed = () => changedFiles(world.ctx, world.cache, address, outer)
    const repair = () => repairCheckout(world.ctx, world.cache, address, outer)
    return { tree, changed, repair }
  }

  test('are clean after the checkout, and with bytecode beside them', async () => {
    const { tree, changed, repair } = await setUpNested()
    mkdirSync(join(tree, 'lib/in/__pycache__'))
    writeFileSync(join(tree, 'lib/in/__pycache__/lib.cpython-311.pyc'), '')
    expect(await changed()).toEqual([])
    expect(await repair()).toBeNull()
  })

  test('are noticed when they are changed, added or removed, and made again', async () => {
    const { tree, changed, repair } = await setUpNested()
    writeFileSync(join(tree, 'lib/in/lib.py'), '3')
    chmodSync(join(tree, 'lib/in/run'), 0o644)
    unlinkSync(join(tree, 'lib/in/link'))
    symlinkSync('elsewhere', join(tree, 'lib/in/link'))
    rmSync(join(tree, 'lib/in/sub/lib.py'))
    mkdirSync(join(tree, 'lib/in/sub/new'))
    writeFileSync(join(tree, 'lib/in/sub/new/note.txt'), 'mine')
    writeFileSync(join(tree, 'nobody/note.txt'), 'mine')
    const all = [
      ...['lib/in/lib.py', 'lib/in/link', 'lib/in/run', 'lib/in/sub/lib.py'],
      ...['lib/in/sub/new/note.txt', 'nobody/note.txt'],
    ]
    expect(await changed()).toEqual(all)
    const done = await repair()
    expect(done?.changed).toEqual(all)
    expect(readFileSync(join(done?.kept ?? '', 'lib/in/sub/new/note.txt'), 'utf8')).toBe('mine')
    expect(readlinkSync(join(tree, 'lib/in/link'))).toBe('lib.py')
    expect(readFileSync(join(tree, 'lib/in/sub/lib.py'), 'utf8')).toBe('1')
    expect(await changed()).toEqual([])
  })
})

describe('a hostile address in .gitmodules is refused by name', () => {
  test.each([
    'ext::sh -c touch% /tmp/owned',
    'fd::17',
    '-uevil',
    '--upload-pack=evil',
    'ssh://-oProxyCommand=evil/x',
    'git@-oProxyCommand=evil:x',
    'ftp://example.org/x',
    'https://',
    'file:///etc',
    '/srv/private.git',
  ])('%s', async (url) => {
    const { repo, checkout } = await setUp()
    const [outer = ''] = repo('outer', {
      '.gitmodules': `[submodule "s"]\n\tpath = sub\n\turl = "${url}"\n`,
      sub: { submodule: 'x', commit: 'd'.repeat(40) },
    })
    expect(await failureOf(checkout('outer', outer))).toMatchObject({
      code: 'GIT_SUBMODULE_REFUSED',
      params: { path: 'sub' },
    })
  })
})

test('a repository on this machine may name another one beside it', async () => {
  const { root, repo, checkout } = await setUp()
  const [inner = ''] = repo('inner', { 'in.py': '1' })
  const [outer = ''] = repo('outer', { sub: { submodule: '../inner.git', commit: inner } })
  const tree = await checkout('outer', outer, `${root}/`)
  expect(readFileSync(join(tree, 'sub/in.py'), 'utf8')).toBe('1')
})
