import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { draftFromFile } from '../../src/versions/drafts/from-file.ts'
import { draftFromInstall } from '../../src/versions/drafts/from-install.ts'
import { failureOf } from '../helpers/failure.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { createWorld, type World } from '../helpers/world.ts'

let world: World
let install: string

function uv(): string {
  return world.env['COMFYPIN_UV'] ?? 'uv'
}

/** Not synchronous: the repositories are served by this very process. */
async function run(cwd: string, command: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(command, args, { cwd, env: { ...process.env, ...world.env } })
}

beforeAll(async () => {
  world = await createWorld()
  install = join(world.root, 'ComfyUI')
  const good = world.repo('good')
  await run(world.root, 'git', 'clone', '--quiet', world.repo('core').url, install)
  await run(install, 'git', 'checkout', '--quiet', world.repo('core').commits[2] ?? '')
  const nodes = join(install, 'custom_nodes')
  mkdirSync(nodes, { recursive: true })
  await run(nodes, 'git', 'clone', '--quiet', good.url, 'good')
  await run(join(nodes, 'good'), 'git', 'checkout', '--quiet', good.commits[0] ?? '')
  const python = world.env['COMFY_PYTHON'] ?? 'python3'
  await run(install, uv(), 'venv', '--quiet', '--python', python, '.venv')
  const wheels = ['--no-index', '--find-links', world.wheels, '--python', '.venv']
  const packages = ['comfypin-test-alpha==2.0', 'comfypin-test-beta==1.0']
  await run(install, uv(), 'pip', 'install', '--quiet', ...wheels, '-r', 'requirements.txt')
  await run(install, uv(), 'pip', 'install', '--quiet', ...wheels, ...packages)
})

test('an install becomes a version with the same commits and packages', async () => {
  const { ctx } = createTestCtx({ cacheRoot: world.cacheRoot })
  const { spec } = await draftFromInstall(ctx, install, { python: null, localModels: false })
  world.writeSpec('copy', { ...spec })
  const { exitCode, data } = await world.json(['realize', 'copy', '--no-check'])
  expect(exitCode).toBe(0)
  const lock = JSON.parse(readFileSync(join(world.cacheRoot, 'resolved/copy.lock.json'), 'utf8'))
  expect(lock.comfy.commit).toBe(world.repo('core').commits[2])
  expect(lock.custom_nodes).toMatchObject([
    { name: 'good', commit: world.repo('good').commits[0], repo: world.repo('good').url },
  ])
  const again = draftFromInstall(ctx, data.home, { python: null, localModels: false })
  expect(await failureOf(again)).toMatchObject({ code: 'INSTALL_IS_HOME', params: { id: 'copy' } })
  const site = execFileSync(uv(), ['pip', 'freeze', '--python', join(data.home, '.venv')])
  expect(String(site)).toContain('comfypin-test-alpha==2.0\ncomfypin-test-beta==1.0\n')
})

test('a version that is created from an install equals it, until either changes', async () => {
  const created = await world.json(['create', 'snapshot', '--from-install', install])
  expect(created).toMatchObject({ exitCode: 0, data: { version_id: 'snapshot', notes: [] } })
  expect((await world.json(['realize', 'snapshot', '--no-check'])).exitCode).toBe(0)
  for (const level of ['--home', '--spec'])
    expect(await world.json(['diff', install, 'snapshot', level])).toMatchObject({
      exitCode: 0,
      data: { a: { kind: 'install' }, level: level.slice(2), equal: true, changes: [] },
    })
  const good = world.repo('good')
  await run(join(install, 'custom_nodes/good'), 'git', 'checkout', '--quiet', good.commits[1] ?? '')
  const { exitCode, data } = await world.json(['diff', install, 'snapshot'])
  expect(exitCode).toBe(1)
  expect(data.changes).toEqual([
    {
      part: 'pack',
      name: 'good',
      change: 'changed',
      from: `${good.url}@${good.commits[1]}`,
      to: `${good.url}@${good.commits[0]}`,
    },
  ])
})

test('its export is a snapshot that gives the same version again', async () => {
  const file = join(world.root, 'snapshot.json')
  expect(await world.json(['export', 'copy', '--output', file])).toMatchObject({
    exitCode: 0,
    data: { version_id: 'copy', format: 'manager', file },
  })
  const document = JSON.parse(readFileSync(file, 'utf8'))
  expect(document).toMatchObject({
    comfyui: world.repo('core').commits[2],
    git_custom_nodes: {
      [world.repo('good').url]: { hash: world.repo('good').commits[0], disabled: false },
    },
    cnr_custom_nodes: {},
    pips: { 'comfypin-test-beta==1.0': '' },
  })
  const { spec } = await draftFromFile(createTestCtx().ctx, file)
  expect(spec.custom_nodes).toEqual([
    { repo: world.repo('good').url, commit: world.repo('good').commits[0] },
  ])
  expect(spec.python_packages).toContain('comfypin-test-beta==1.0')
})

test('an export goes to stdout, and never over a file that is there', async () => {
  const { stdout, stderr } = await world.run(['export', 'copy'])
  expect(JSON.parse(stdout)).toHaveProperty('git_custom_nodes')
  expect(stderr).toContain('env')
  const file = join(world.root, 'mine.json')
  writeFileSync(file, 'mine')
  const again = ['export', 'copy', '--output', file]
  expect(await world.json(again)).toMatchObject({ exitCode: 2, error: { code: 'FILE_EXISTS' } })
  expect(readFileSync(file, 'utf8')).toBe('mine')
  expect(await world.run([...again, '--force'])).toMatchObject({ exitCode: 0 })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('comfyui')
})

test('a version that was never realized is exported without packages, with a warning', async () => {
  world.writeSpec('fresh', {
    custom_nodes: [world.pack('good')],
    models: [world.model('one.safetensors')],
  })
  const { exitCode, data, stderr } = await world.json(['export', 'fresh'])
  expect({ exitCode, pips: data.document.pips }).toEqual({ exitCode: 0, pips: {} })
  expect(stderr).toMatch(/not locked yet[\s\S]*no place for models/)
  expect(await world.json(['export', 'fresh', '--format', 'toml'])).toMatchObject({ exitCode: 2 })
})
