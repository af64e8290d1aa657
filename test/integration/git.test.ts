import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAddress } from '../../src/git/address.ts'
import {
  changedFiles,
  checkoutPaths,
  ensureCheckout,
  repairCheckout,
} from '../../src/git/checkout.ts'
import { storeDir } from '../../src/git/object-store.ts'
import { readRemoteRefs } from '../../src/git/remote-refs.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { createRepo } from '../helpers/git-repo.ts'
import { startGitServer } from '../helpers/git-server.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import type { Settings } from '../../src/core/settings.ts'

function testCtx(settings: Partial<Settings> = {}) {
  return createTestCtx(settings).ctx
}

async function setUp() {
  const root = tempDir('git')
  const repo = createRepo(join(root, 'owner/pack.git'), {
    commits: [
      { files: { 'a.py': 'print(1)\n', 'web/x.js': '1', run: { executable: '#!/bin/sh\n' } } },
      { files: { 'a.py': 'print(2)\n' } },
    ],
    annotatedTags: { v1: 0 },
  })
  const server = await startGitServer({ root })
  const cache = cachePaths(join(root, 'cache'))
  const address = parseAddress(`${server.url}/owner/pack.git`, '/')
  return { root, repo, server, cache, address }
}

test('all refs come in one request, annotated tags as commits', async () => {
  const { repo, server, address } = await setUp()
  const refs = await readRemoteRefs(testCtx(), address, 'HEAD')
  expect(refs.commits.get('refs/tags/v1')).toBe(repo.commits[0])
  expect(refs.commits.get('HEAD')).toBe(repo.commits[1])
  expect(server.requests).toHaveLength(1)
})

test('a checkout is whole, is made once, and a second commit fetches its delta alone', async () => {
  const { repo, server, cache, address } = await setUp()
  const [first = '', second = ''] = repo.commits
  expect(await ensureCheckout(testCtx(), cache, address, first)).toBe(true)
  const requests = server.requests.length
  expect(await ensureCheckout(testCtx(), cache, address, first)).toBe(false)
  expect(server.requests).toHaveLength(requests)
  const { dir } = checkoutPaths(cache, address, first)
  expect(readFileSync(join(dir, 'a.py'), 'utf8')).toBe('print(1)\n')
  expect(statSync(join(dir, 'run')).mode & 0o111).not.toBe(0)
  expect(existsSync(join(dir, '.git'))).toBe(false)
  await ensureCheckout(testCtx(), cache, address, second)
  expect(readFileSync(join(checkoutPaths(cache, address, second).dir, 'a.py'), 'utf8')).toBe(
    'print(2)\n',
  )
})

test('a changed, removed or added file of a checkout is found, bytecode is not, and it can be made again', async () => {
  const { repo, cache, address } = await setUp()
  const commit = repo.commits[1] ?? ''
  await ensureCheckout(testCtx(), cache, address, commit)
  const { dir } = checkoutPaths(cache, address, commit)
  expect(await changedFiles(testCtx(), cache, address, commit)).toEqual([])
  writeFileSync(join(dir, 'a.py'), 'changed')
  writeFileSync(join(dir, 'config.json'), '{}')
  writeFileSync(join(dir, 'a.pyc'), '')
  rmSync(join(dir, 'web/x.js'))
  expect(await changedFiles(testCtx(), cache, address, commit)).toEqual([
    'a.py',
    'config.json',
    'web/x.js',
  ])
  const repair = await repairCheckout(testCtx(), cache, address, commit)
  expect(repair?.changed).toEqual(['a.py', 'config.json', 'web/x.js'])
  const kept = readdirSync(repair?.kept ?? '').map((name) => [
    name,
    readFileSync(join(repair?.kept ?? '', name), 'utf8'),
  ])
  expect(Object.fromEntries(kept)).toEqual({ 'a.py': 'changed', 'config.json': '{}' })
  expect(await changedFiles(testCtx(), cache, address, commit)).toEqual([])
  expect(await repairCheckout(testCtx(), cache, address, commit)).toBeNull()
})

test('submodules come at the recorded commit', async () => {
  const { root, server, cache } = await setUp()
  const inner = createRepo(join(root, 'owner/inner.git'), {
    commits: [{ files: { 'in.py': '1' } }, { files: { 'in.py': '2' } }],
  })
  const outer = createRepo(join(root, 'owner/outer.git'), {
    files: {
      '.gitmodules': '[submodule "lib"]\n\tpath = lib/inner\n\turl = ../inner.git\n',
      'lib/inner': { submodule: '../inner.git', commit: inner.commits[0] ?? '' },
    },
  })
  const address = parseAddress(`${server.url}/owner/outer.git`, '/')
  await ensureCheckout(testCtx(), cache, address, outer.commits[0] ?? '')
  const { dir } = checkoutPaths(cache, address, outer.commits[0] ?? '')
  expect(readFileSync(join(dir, 'lib/inner/in.py'), 'utf8')).toBe('1')
})

test('a remote that hangs fails in time, and no prompt appears', async () => {
  const { server, address } = await setUp()
  server.setFault('owner/pack.git', { hang: true })
  await expect(
    readRemoteRefs(testCtx({ gitTimeoutMs: 500 }), address, 'main'),
  ).rejects.toMatchObject({
    code: 'GIT_REMOTE_FAILED',
    params: { repo: address.url, ref: 'main', reason: expect.stringContaining('no answer') },
  })
})

test('a remote that wants a password is told as such', async () => {
  const { server, address } = await setUp()
  server.setFault('owner/pack.git', { auth: { user: 'u', password: 'p' } })
  await expect(readRemoteRefs(testCtx(), address, 'main')).rejects.toMatchObject({
    code: 'GIT_AUTH',
  })
  const withLogin = parseAddress(address.url.replace('://', '://u:p@'), '/')
  expect((await readRemoteRefs(testCtx(), withLogin, 'main')).commits.size).toBeGreaterThan(0)
})

test('a connection that drops leaves nothing that looks whole, and the next try completes', async () => {
  const { repo, server, cache, address } = await setUp()
  const commit = repo.commits[1] ?? ''
  server.setFault('owner/pack.git', { dropAfterBytes: 100 })
  await expect(ensureCheckout(testCtx(), cache, address, commit)).rejects.toMatchObject({
    code: 'GIT_REMOTE_FAILED',
  })
  const paths = checkoutPaths(cache, address, commit)
  expect([paths.dir, paths.complete].map((path) => existsSync(path))).toEqual([false, false])
  server.clearFaults()
  expect(await ensureCheckout(testCtx(), cache, address, commit)).toBe(true)
})

test('what a killed git left goes, and so does a git that outlived its comfypin', async () => {
  const { repo, server, cache, address } = await setUp()
  const [first = '', second = ''] = repo.commits
  await ensureCheckout(testCtx(), cache, address, first)
  const store = storeDir(cache.git, address)
  server.setFault('owner/pack.git', { hang: true })
  const orphan = spawn('git', [`--git-dir=${store}`, 'fetch', '--', address.url], {
    stdio: 'ignore',
  })
  const ended = once(orphan, 'exit')
  const left = ['shallow.lock', `refs/comfypin/${second}.lock`, 'objects/pack/tmp_pack_x'].map(
    (name) => join(store, name),
  )
  for (const path of left) writeFileSync(path, '')
  server.clearFaults()
  expect(await ensureCheckout(testCtx(), cache, address, second)).toBe(true)
  expect(await ended).toEqual([null, 'SIGKILL'])
  expect(left.map((path) => existsSync(path))).toEqual([false, false, false])
})

test('a git that has no lock file yet is ended too when its comfypin was killed', async (ctx) => {
  if (!existsSync('/proc/self/cmdline')) ctx.skip('this system does not list its processes')
  const { repo, server, cache, address } = await setUp()
  const [first = '', second = ''] = repo.commits
  await ensureCheckout(testCtx(), cache, address, first)
  const store = storeDir(cache.git, address)
  const mark = join(store, 'comfypin-fetching')
  expect(existsSync(mark)).toBe(false)
  server.setFault('owner/pack.git', { hang: true })
  const args = [`--git-dir=${store}`, 'fetch', '--', address.url]
  const orphan = spawn('git', args, { stdio: 'ignore', detached: true })
  const ended = once(orphan, 'exit')
  writeFileSync(mark, '')
  server.clearFaults()
  expect(await ensureCheckout(testCtx(), cache, address, second)).toBe(true)
  expect(await ended).toEqual([null, 'SIGKILL'])
  expect(existsSync(mark)).toBe(false)
})

test('a commit that the remote does not have is named', async () => {
  const { cache, address } = await setUp()
  await expect(ensureCheckout(testCtx(), cache, address, 'd'.repeat(40))).rejects.toMatchObject({
    code: 'GIT_COMMIT_MISSING',
  })
})

test('a file name that git would refuse cannot leave the checkout', async () => {
  const { root, server, cache } = await setUp()
  const repo = createRepo(join(root, 'owner/evil.git'), {
    files: { out: { symlink: '/etc' }, 'ok.py': '1' },
  })
  const address = parseAddress(`${server.url}/owner/evil.git`, '/')
  await ensureCheckout(testCtx(), cache, address, repo.commits[0] ?? '')
  expect(existsSync(join(checkoutPaths(cache, address, repo.commits[0] ?? '').dir, 'ok.py'))).toBe(
    true,
  )
})

test('a mirror stands in for github.com, for submodules too, and never sees the token', async () => {
  const { root, repo, server, cache } = await setUp()
  const outer = createRepo(join(root, 'owner/outer.git'), {
    files: {
      sub: { submodule: 'https://github.com/owner/pack', commit: repo.commits[0] ?? '' },
    },
  })
  const ctx = testCtx({ githubEndpoint: server.url, githubToken: 'ghp_secretsecret' })
  const address = parseAddress('https://github.com/owner/outer', '/')
  const refs = await readRemoteRefs(ctx, address, 'main')
  const commit = refs.commits.get('HEAD') ?? ''
  expect(commit).toBe(outer.commits[0])
  await ensureCheckout(ctx, cache, address, commit)
  const { tree } = checkoutPaths(cache, address, commit)
  expect(tree).toBe(join(cache.checkouts, `github.com/owner/outer@${commit}`))
  expect(readFileSync(join(tree, 'sub/a.py'), 'utf8')).toBe('print(1)\n')
  expect(server.requests.length).toBeGreaterThan(2)
  expect(server.requests.filter(({ authorization }) => authorization)).toEqual([])
})

test('forks with equal names do not collide', () => {
  const keys = [
    'https://github.com/a/x',
    'https://github.com/b/x.git',
    'git@github.com:c/x.git',
    'https://gitlab.com:8443/a/x',
    '/srv/a/x',
    '/srv/b/x',
  ].map((repo) => parseAddress(repo, '/').key)
  expect(new Set(keys).size).toBe(keys.length)
  expect(parseAddress('https://u:secret@h/../../etc/%2e%2e', '/').key).not.toMatch(
    /secret|\/\.\.(\/|$)/,
  )
})
