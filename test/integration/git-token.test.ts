import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/git/address.ts'
import { checkoutPaths, ensureCheckout } from '../../src/git/checkout.ts'
import { readRemoteRefs } from '../../src/git/remote-refs.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { failureOf } from '../helpers/failure.ts'
import { createRepo, type RepoFile } from '../helpers/git-repo.ts'
import { startGitServer } from '../helpers/git-server.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { startWeb } from '../helpers/web.ts'

const TOKEN = 'ghp_thisIsASecretToken1234567890abcd'
const AUTH = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`
const LOGIN = { user: 'x-access-token', password: TOKEN }
const OTHER = 'git.example.org'

/** `github.com` and another host, each a real git server behind a real certificate. */
async function setUp() {
  const root = tempDir('token')
  const objects = new Map<string, Buffer>()
  const [github, other] = [join(root, 'github'), join(root, 'other')]
  const ours = await startGitServer({ root: github, lfs: objects })
  const theirs = await startGitServer({ root: other, lfs: objects })
  const web = await startWeb({ 'github.com': ours.url, [OTHER]: theirs.url })
  const { ctx: base, events } = createTestCtx({ githubToken: TOKEN })
  const env = { ...base.settings.env, ...web.env }
  const ctx = { ...base, settings: { ...base.settings, env } }
  const repo = (where: 'github' | 'other', name: string, files: Record<string, RepoFile>) =>
    createRepo(join(where === 'github' ? github : other, `${name}.git`), { files }).commits[0] ?? ''
  const cache = cachePaths(join(root, 'cache'))
  const checkout = (url: string, commit: string) =>
    ensureCheckout(ctx, cache, parseAddress(url, '/'), commit)
  const sentTo = (host: string) =>
    web.requests.filter((one) => one.host === host).map(({ authorization }) => authorization)
  return { ctx, events, cache, objects, ours, theirs, repo, checkout, sentTo }
}

function textsBelow(dir: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
}

describe('the GitHub token', () => {
  test('opens a private repository of github.com, for its refs and its commits', async () => {
    const { ctx, cache, ours, repo, checkout, sentTo } = await setUp()
    const commit = repo('github', 'me/private', { 'a.py': '1' })
    ours.setFault('me/private.git', { auth: LOGIN })
    const url = 'https://github.com/me/private.git'
    const refs = await readRemoteRefs(ctx, parseAddress(url, '/'), 'main')
    expect(refs.commits.get('HEAD')).toBe(commit)
    await checkout(url, commit)
    expect(sentTo('github.com')).toContain(AUTH)
    const { tree } = checkoutPaths(cache, parseAddress(url, '/'), commit)
    expect(readFileSync(join(tree, 'a.py'), 'utf8')).toBe('1')
  })

  test('is not sent to another host, whose refusal does not tell it', async () => {
    const { ctx, theirs, repo, checkout, sentTo } = await setUp()
    const commit = repo('other', 'me/pack', { 'a.py': '1' })
    await checkout(`https://${OTHER}/me/pack.git`, commit)
    theirs.setFault('*', { auth: LOGIN })
    const address = parseAddress(`https://${OTHER}/me/pack.git`, '/')
    const failure = await failureOf(readRemoteRefs(ctx, address, 'main'))
    expect(failure).toMatchObject({ code: 'GIT_AUTH' })
    expect(sentTo(OTHER).length).toBeGreaterThan(3)
    expect(sentTo(OTHER).filter((one) => one !== null)).toEqual([])
  })

  test.each([
    ['has the repository', {}],
    ['asks for a login', { auth: LOGIN }],
  ])('stays behind when github.com redirects to another host, which %s', async (_, fault) => {
    const { ctx, ours, theirs, repo, checkout, sentTo } = await setUp()
    const commit = repo('other', 'me/moved', { 'a.py': '1' })
    ours.setFault('*', { redirectTo: `https://${OTHER}` })
    theirs.setFault('*', fault)
    const url = 'https://github.com/me/moved.git'
    await failureOf(readRemoteRefs(ctx, parseAddress(url, '/'), 'main'))
    await failureOf(checkout(url, commit))
    expect(sentTo(OTHER).length).toBeGreaterThan(0)
    expect(sentTo(OTHER).filter((one) => one !== null)).toEqual([])
  })

  test('goes along when a repository of github.com was renamed', async () => {
    const { ours, repo, checkout } = await setUp()
    const commit = repo('github', 'me/new', { 'a.py': '1' })
    ours.setFault('me/new.git', { auth: LOGIN })
    ours.setFault('me/old.git', { movedTo: 'me/new.git' })
    expect(await checkout('https://github.com/me/old.git', commit)).toBe(true)
  })

  test('does not follow a submodule to another host', async () => {
    const { repo, checkout, sentTo } = await setUp()
    const inner = repo('other', 'me/inner', { 'b.py': '2' })
    const link = { submodule: `https://${OTHER}/me/inner.git`, commit: inner }
    const commit = repo('github', 'me/outer', { lib: link })
    await checkout('https://github.com/me/outer.git', commit)
    expect(sentTo(OTHER).length).toBeGreaterThan(0)
    expect(sentTo(OTHER).filter((one) => one !== null)).toEqual([])
  })

  test('opens the LFS server of github.com, and not the store that it names', async () => {
    const { cache, objects, ours, repo, checkout, sentTo } = await setUp()
    const weights = Buffer.from('weights')
    const oid = createHash('sha256').update(weights).digest('hex')
    objects.set(oid, weights)
    const commit = repo('github', 'me/heavy', {
      '.gitattributes': '*.bin filter=lfs\n',
      'w.bin': `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 7\n`,
    })
    ours.setFault('me/heavy.git', { auth: LOGIN, lfsAt: `https://${OTHER}` })
    const url = 'https://github.com/me/heavy.git'
    await checkout(url, commit)
    const { tree } = checkoutPaths(cache, parseAddress(url, '/'), commit)
    expect(readFileSync(join(tree, 'w.bin'))).toEqual(weights)
    expect(sentTo(OTHER)).toEqual([null])
  })

  test('is in no message, event or file of the cache', async () => {
    const { ctx, events, cache, ours, repo, checkout } = await setUp()
    const commit = repo('github', 'me/private', { 'a.py': '1' })
    const url = 'https://github.com/me/private.git'
    await checkout(url, commit)
    ours.setFault('*', { auth: { user: 'x-access-token', password: 'another' } })
    const address = parseAddress('https://github.com/me/gone.git', '/')
    const failures = [
      await failureOf(readRemoteRefs(ctx, address, 'main')),
      await failureOf(checkout(address.url, 'd'.repeat(40))),
    ]
    const files = textsBelow(cache.git)
    expect(files.length).toBeGreaterThan(0)
    const said = [JSON.stringify([events, failures]), ...failures.map(String), ...files].join('\n')
    for (const secret of [TOKEN, AUTH.slice('Basic '.length)]) expect(said).not.toContain(secret)
  })
})
