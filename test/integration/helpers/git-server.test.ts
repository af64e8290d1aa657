import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createRepo } from '../../helpers/git-repo.ts'
import { startGitServer } from '../../helpers/git-server.ts'
import { until } from '../../helpers/poll.ts'
import { tempDir } from '../../helpers/temp.ts'

const NAME = 'owner/pack.git'

async function served(files: Record<string, string> = { 'a.txt': 'one\n' }) {
  const root = tempDir('git')
  const repo = createRepo(join(root, NAME), { files })
  const server = await startGitServer({ root })
  return { repo, server, address: `${server.url}/${NAME}` }
}

/** What git exits with and says. */
async function git(...args: string[]): Promise<{ code: number; stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: tempDir('home'), GIT_TERMINAL_PROMPT: '0' }
  try {
    const { stderr } = await promisify(execFile)('git', args, { env })
    return { code: 0, stderr }
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string }
    return { code, stderr }
  }
}

test('a clone through the server has the files, and its requests are logged with protocol v2', async () => {
  const { address, server } = await served()
  const dir = tempDir('clone')
  expect(await git('clone', '--quiet', address, dir)).toMatchObject({ code: 0 })
  expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe('one\n')
  expect(server.requests).toEqual([
    expect.objectContaining({
      method: 'GET',
      path: `/${NAME}/info/refs`,
      query: 'service=git-upload-pack',
      gitProtocol: 'version=2',
      authorization: false,
    }),
    expect.objectContaining({ method: 'POST', command: 'ls-refs' }),
    expect.objectContaining({ method: 'POST', command: 'fetch' }),
  ])
})

test('a commit that no ref names can be fetched by its name', async () => {
  const { repo, address } = await served()
  const old = repo.commits[0] ?? ''
  repo.git('update-ref', '-d', 'refs/heads/main')
  const dir = tempDir('fetch')
  await git('init', '--quiet', dir)
  expect(await git('-C', dir, 'fetch', '--depth', '1', address, old)).toMatchObject({ code: 0 })
})

test('a repository with a status fault answers with it, the others do not', async () => {
  const { address, server } = await served()
  server.setFault('other/pack.git', { status: 500 })
  expect(await git('ls-remote', address)).toMatchObject({ code: 0 })
  server.setFault(NAME, { status: 500 })
  expect((await git('ls-remote', address)).stderr).toContain('500')
  server.clearFaults()
  expect(await git('ls-remote', address)).toMatchObject({ code: 0 })
})

test('basic authentication refuses a stranger and lets the right password in', async () => {
  const { address, server } = await served()
  server.setFault(NAME, { auth: { user: 'me', password: 'secret' } })
  expect(await git('ls-remote', address)).toMatchObject({ code: 128 })
  const known = address.replace('http://', 'http://me:secret@')
  expect(await git('ls-remote', known)).toMatchObject({ code: 0 })
  expect(server.requests.at(-1)).toMatchObject({ authorization: true })
})

test('a redirect sends git to the other server', async () => {
  const first = await served()
  const second = await served()
  first.server.setFault(NAME, { redirectTo: second.server.url })
  expect(await git('ls-remote', first.address)).toMatchObject({ code: 0 })
  expect(second.server.requests).not.toHaveLength(0)
})

test('a dropped connection ends a clone in the middle of the pack', async () => {
  const { address, server } = await served({ 'big.txt': noise(200_000) })
  server.setFault(NAME, { dropAfterBytes: 10_000 })
  const result = await git('clone', '--quiet', address, join(tempDir('clone'), 'x'))
  expect(result.code).toBe(128)
  expect(result.stderr).toMatch(/early EOF|unexpected disconnect|invalid index-pack output/)
})

test('a hanging repository never answers, and stopping the server ends the client', async () => {
  const { address, server } = await served()
  server.setFault('*', { hang: true })
  const listing = git('ls-remote', address)
  await until(() => server.requests.length === 1)
  await server.stop()
  expect(await listing).toMatchObject({ code: 128 })
})

test('latency delays each answer', async () => {
  const { address, server } = await served()
  server.setFault(NAME, { latencyMs: 150 })
  const started = performance.now()
  await git('ls-remote', address)
  expect(performance.now() - started).toBeGreaterThan(250)
})

/** Text that does not compress well, the same on every run. */
function noise(length: number): string {
  let state = 1
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647
    return String.fromCodePoint(33 + (state % 90))
  }).join('')
}
