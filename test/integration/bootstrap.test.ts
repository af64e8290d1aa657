import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRepo, type Repo } from '../helpers/git-repo.ts'
import { writeWheels } from '../helpers/python-index.ts'
import { tempDir } from '../helpers/temp.ts'
import { createWorld, type World } from '../helpers/world.ts'

let world: World
let core: Repo & { url: string }
/** A ComfyUI of nothing but a list of requirements, with what it asks for. */
let wheels: string

beforeAll(async () => {
  world = await createWorld()
  wheels = tempDir('wheels')
  writeWheels(wheels, [
    { name: 'torch', version: '2.0' },
    { name: 'torchsde', version: '1.0', requires: ['torch'] },
    { name: 'small', version: '1.0' },
  ])
  const repo = createRepo(join(world.root, 'repos', 'plain.git'), {
    commits: [
      { files: { 'main.py': 'print("one")\n', 'requirements.txt': 'small\n' } },
      { files: { 'main.py': 'print("two")\n', 'requirements.txt': 'torch\ntorchsde\nsmall\n' } },
      { files: { 'main.py': 'print("dev")\n' }, branch: 'dev' },
    ],
    tags: { 'v0.1': 0 },
  })
  core = { ...repo, url: `${world.git.url}/plain.git` }
})

describe('a plain ComfyUI', () => {
  test('is a clone on its branch, with a venv that has its requirements', async () => {
    const dir = join(tempDir('plain'), 'Comfy UI')
    const { exitCode, data } = await bootstrap(dir, ['--torch', 'cpu'])
    expect(exitCode).toBe(0)
    expect(data).toMatchObject({ dir, ref: null, commit: core.commits[1], packages: 3 })
    expect(git(dir, 'status', '--porcelain', '--branch')).toMatch(/^## main\.\.\.origin\/main\n/)
    expect(git(dir, 'rev-list', '--count', 'HEAD')).toBe('2\n')
    expect(run(dir, data.start)).toBe('two\n')
    expect(readdirSync(join(dir, '..'))).toEqual(['Comfy UI'])
  })

  test.each(['auto', 'cpu'])('gets the torch of mode %s from uv', async (torch) => {
    const dir = join(tempDir('plain'), 'c')
    const log = join(tempDir('log'), 'uv.log')
    const uv = join(tempDir('bin'), 'uv')
    const recorder = `case "$1 $2" in "pip install") echo "$@" > '${log}'; exit 0;; esac`
    writeFileSync(uv, `#!/bin/sh\n${recorder}\nexec '${world.env['COMFYPIN_UV']}' "$@"\n`)
    chmodSync(uv, 0o755)
    const args = ['bootstrap', dir, '--repo', core.url, '--torch', torch]
    expect((await world.json(args, { COMFYPIN_UV: uv })).exitCode).toBe(0)
    expect(readFileSync(log, 'utf8')).toContain(`--torch-backend ${torch}`)
  })

  test('without torch has none, whoever asks for it', async () => {
    const dir = join(tempDir('plain'), 'c')
    expect((await bootstrap(dir, ['--torch', 'skip'])).data.packages).toBe(2)
    const lib = join(dir, '.venv', 'lib')
    const [python = ''] = readdirSync(lib)
    const names = readdirSync(join(lib, python, 'site-packages'))
    expect(names.filter((name) => name.startsWith('torch-'))).toEqual([])
    expect(names).toContain('torchsde-1.0.dist-info')
  })

  test.each([
    ['a tag', 'v0.1', 0, 'HEAD'],
    ['a branch', 'dev', 2, 'dev'],
    ['a branch by its full name', 'refs/heads/dev', 2, 'dev'],
    ['a commit', 'commit', 0, 'HEAD'],
    ['an abbreviated commit', 'short', 0, 'HEAD'],
  ])('can be had at %s', async (_, given, number, branch) => {
    const commit = core.commits[number] ?? ''
    const ref = { commit, short: commit.slice(0, 10) }[given] ?? given
    const dir = join(tempDir('plain'), 'c')
    const { data } = await bootstrap(dir, ['--ref', ref, '--torch', 'skip'])
    expect(data).toMatchObject({ ref, commit })
    expect(git(dir, 'rev-parse', '--abbrev-ref', 'HEAD').trim()).toBe(branch)
  })

  test('is told how to be started and how to become a version', async () => {
    const dir = join(tempDir('plain'), 'c')
    const args = ['bootstrap', dir, '--repo', core.url, '--ref', 'v0.1', '--torch', 'skip']
    const { stdout } = await world.run([...args, '--wheels-dir', wheels])
    expect(stdout).toContain(`cd '${dir}' && .venv/bin/python main.py`)
    expect(stdout).toContain(`comfypin create <id> --from-install '${dir}'`)
  })
})

describe('a bootstrap that was interrupted', () => {
  test('goes on with what is missing and leaves the rest alone', async () => {
    const dir = join(tempDir('plain'), 'c')
    const broken = await bootstrap(dir, ['--torch', 'skip'], tempDir('empty'))
    expect(broken.exitCode).toBe(1)
    writeFileSync(join(dir, 'mine.txt'), 'mine')
    const requests = world.git.requests.length
    expect(await bootstrap(dir, ['--torch', 'skip'])).toMatchObject({
      exitCode: 0,
      data: { packages: 2 },
    })
    expect(world.git.requests.length).toBe(requests)
    rmSync(join(dir, '.venv'), { recursive: true })
    expect(await bootstrap(dir, ['--torch', 'skip'])).toMatchObject({ exitCode: 0 })
    expect(readFileSync(join(dir, 'mine.txt'), 'utf8')).toBe('mine')
  })

  test('in the clone leaves nothing', async () => {
    const parent = tempDir('plain')
    const answer = await world.json([
      ...['bootstrap', join(parent, 'c'), '--repo', `${world.git.url}/nothing.git`],
    ])
    expect(answer.exitCode).toBe(1)
    expect(readdirSync(parent)).toEqual([])
  })
})

describe('what is refused', () => {
  test('is a folder that holds something else', async () => {
    const dir = tempDir('plain')
    writeFileSync(join(dir, 'mine.txt'), 'mine')
    expect(await bootstrap(dir)).toMatchObject({ exitCode: 1, error: { code: 'HOME_FOREIGN' } })
    expect(readdirSync(dir)).toEqual(['mine.txt'])
  })

  test('is not an empty folder', async () => {
    const dir = join(tempDir('plain'), 'empty')
    mkdirSync(dir)
    const answer = await bootstrap(dir, ['--ref', 'v0.1', '--torch', 'skip'])
    expect(answer.exitCode).toBe(0)
    expect(existsSync(join(dir, 'main.py'))).toBe(true)
  })

  test('is another ref for a folder that has one', async () => {
    const dir = join(tempDir('plain'), 'c')
    await bootstrap(dir, ['--ref', 'v0.1', '--torch', 'skip'])
    expect(await bootstrap(dir, ['--ref', 'dev'])).toMatchObject({
      exitCode: 2,
      error: { code: 'BOOTSTRAP_OTHER' },
    })
    expect(run(dir, ['.venv/bin/python', 'main.py'])).toBe('one\n')
  })

  test('is a ref that does not exist, before anything is transferred', async () => {
    const parent = tempDir('plain')
    const requests = world.git.requests.length
    expect(await bootstrap(join(parent, 'c'), ['--ref', 'nope'])).toMatchObject({
      exitCode: 2,
      error: { code: 'GIT_REF_NOT_FOUND', hint: expect.stringContaining('dev') },
    })
    expect(world.git.requests.length).toBe(requests + 1)
    expect(readdirSync(parent)).toEqual([])
  })

  test('is a repository elsewhere without a network, but not one of this machine', async () => {
    const parent = tempDir('plain')
    const requests = world.git.requests.length
    expect(await bootstrap(join(parent, 'c'), ['--offline'])).toMatchObject({
      exitCode: 1,
      error: { code: 'GIT_REMOTE_FAILED', params: { repo: core.url, reason: 'offline' } },
    })
    expect(world.git.requests.length).toBe(requests)
    expect(readdirSync(parent)).toEqual([])
    const here = ['--offline', '--torch', 'skip', '--repo', core.dir]
    expect(await bootstrap(join(parent, 'c'), here)).toMatchObject({ exitCode: 0 })
  })

  test.each(['https://[', 'ext::sh -c x', 'javascript://x'])('is the address %j', async (repo) => {
    expect(await bootstrap(join(tempDir('plain'), 'c'), ['--repo', repo])).toMatchObject({
      exitCode: 2,
      error: { code: 'ARGUMENT_INVALID', message: expect.stringContaining('a git repository') },
    })
  })

  test('is a torch that nobody knows', async () => {
    expect(await bootstrap(join(tempDir('plain'), 'c'), ['--torch', 'tpu'])).toMatchObject({
      exitCode: 2,
      error: { code: 'USAGE' },
    })
  })
})

function bootstrap(dir: string, more: string[] = [], from = wheels) {
  return world.json(['bootstrap', dir, '--repo', core.url, '--wheels-dir', from, ...more])
}

function git(dir: string, ...args: string[]): string {
  return execFileSync('git', ['-C', dir, ...args], { encoding: 'utf8' })
}

function run(dir: string, [command = '', ...args]: string[]): string {
  return execFileSync(join(dir, command), args, { cwd: dir, encoding: 'utf8' })
}
