import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { createWorld, type World } from '../helpers/world.ts'

let world: World
let install: string

/** Not synchronous: the repositories are served by this very process. */
async function git(cwd: string, ...args: string[]): Promise<void> {
  await promisify(execFile)('git', args, { cwd })
}

/** A ComfyUI as its users have it: packs that were cloned, and what was written into them since. */
beforeAll(async () => {
  world = await createWorld()
  install = join(world.root, 'ComfyUI')
  await git(world.root, 'clone', '--quiet', world.repo('core').url, install)
  const nodes = join(install, 'custom_nodes')
  mkdirSync(nodes, { recursive: true })
  for (const name of ['writer', 'good'])
    await git(nodes, 'clone', '--quiet', world.repo(name).url, name)
  writeFileSync(join(nodes, 'writer/.git/info/exclude'), 'ignored/\nuser.db\n')
  put('writer/config.json', '{"mine": true}')
  put('writer/shipped.txt', 'mine\n')
  put('writer/user.db', 'ignored, and kept all the same', 0o600)
  put('writer/ignored/lists/a.txt', 'a')
  put('writer/__pycache__/x.pyc', 'x')
  put('writer/venv/lib/x.py', 'x')
  put('writer/model.safetensors', 'x'.repeat(16 * 1024 ** 2 + 1))
  rmSync(join(nodes, 'good/requirements.txt'))
  put('packaged/pyproject.toml', '[project]\nname = "packaged"\nversion = "1.0.0"\n')
  put('packaged/.tracking', 'pyproject.toml\n')
  put('packaged/settings.ini', '[a]\n')
}, 240_000)

function put(path: string, text: string, mode = 0o644): void {
  const full = join(install, 'custom_nodes', path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text, { mode })
  chmodSync(full, mode)
}

const STATE = ['config.json', 'ignored/lists/a.txt', 'shipped.txt', 'user.db']

function create(id: string, ...flags: string[]) {
  return world.json(['create', id, '--from-install', install, '--no-resolve', ...flags])
}

test('an install brings what its packs keep, tracked or not', async () => {
  const { exitCode, data } = await create('snapshot')
  expect(exitCode).toBe(0)
  expect(data.state).toEqual([
    { pack: 'packaged', files: ['settings.ini'], size: 4 },
    { pack: 'writer', files: STATE, size: expect.any(Number) },
  ])
  const kept = join(world.versionsDir, 'snapshot.state')
  expect(readFileSync(join(kept, 'writer/shipped.txt'), 'utf8')).toBe('mine\n')
  expect(statSync(join(kept, 'writer/user.db')).mode & 0o777).toBe(0o600)
  expect(data.spec.custom_nodes).toMatchObject([
    { repo: world.repo('good').url },
    { registry: 'packaged', state: 'snapshot.state/packaged' },
    { repo: world.repo('writer').url, state: 'snapshot.state/writer' },
  ])
})

test('what is no state, or cannot be put beside a spec, is told', async () => {
  const { data } = await create('told')
  const own = (code: string) => code === 'STATE_LEFT_OUT' || code.startsWith('FILES_')
  expect(data.notes.filter(({ code }: { code: string }) => own(code))).toEqual([
    { code: 'FILES_CHANGED', subject: 'good', detail: expect.stringContaining('requirements.txt') },
    { code: 'STATE_LEFT_OUT', subject: 'writer/model.safetensors', detail: '16 MiB' },
    { code: 'STATE_LEFT_OUT', subject: 'writer/venv', detail: 'venv/' },
  ])
})

test('without state it is only listed, and a dry run writes none', async () => {
  const bare = await create('bare', '--no-state')
  expect(bare.data.state).toEqual([])
  expect(bare.data.notes).toContainEqual(
    expect.objectContaining({ code: 'FILES_ADDED', subject: 'writer' }),
  )
  const dry = await create('dry', '--dry-run')
  expect(dry.data.state).toHaveLength(2)
  for (const id of ['bare', 'dry'])
    expect(existsSync(join(world.versionsDir, `${id}.state`))).toBe(false)
})

test('the home of the new version starts with it', async () => {
  await create('home')
  await world.run(['remove', 'home', 'packaged', '--no-resolve'])
  const { exitCode, data } = await world.json(['realize', 'home', '--no-check'])
  expect(exitCode).toBe(0)
  const text = (path: string) => readFileSync(join(data.home, 'custom_nodes/writer', path), 'utf8')
  expect(STATE.map(text)).toEqual([
    ...['{"mine": true}', 'a', 'mine\n', 'ignored, and kept all the same'],
  ])
  expect(await world.json(['realize', 'home', '--no-check'])).toMatchObject({
    data: { changed: false },
  })
})

test('a spec that names the state of another version begins without it', async () => {
  await create('first')
  const file = join(world.versionsDir, 'first.json')
  const flags = ['--json-spec', file, '--no-resolve']
  const { exitCode, data } = await world.json(['create', 'next', ...flags])
  expect(exitCode).toBe(0)
  expect(data.notes).toContainEqual({
    code: 'STATE_LEFT_OUT',
    subject: 'first.state/writer',
    detail: 'json-spec',
  })
  expect(readFileSync(join(world.versionsDir, 'next.json'), 'utf8')).not.toContain('state')
})
