import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, expect, inject, test } from 'vitest'
import { cleanEnv } from '../helpers/cli.ts'
import { createWorld, type World } from '../helpers/world.ts'

/** Everything of `main` is in the caches; nothing of any other version is. */
let world: World
beforeAll(async () => {
  world = await createWorld()
  world.writeSpec('main', {
    custom_nodes: [world.pack('good'), world.pack('prestartup')],
    models: [world.model('one.safetensors')],
  })
  expect(await world.json(['realize', 'main'])).toMatchObject({ exitCode: 0 })
})

test('with everything cached, a new version is made without a network', async () => {
  world.writeSpec('cached', {
    custom_nodes: [world.pack('good')],
    models: [world.model('one.safetensors')],
    options: { offline: true },
  })
  const result = await withoutNetwork(['realize', 'cached'])
  expect(result).toMatchObject({ exitCode: 0 })
  expect(result.stderr).not.toContain('warning')
  expect(existsSync(join(world.home('cached'), 'custom_nodes/good/__init__.py'))).toBe(true)
})

test('each thing that is missing is one warning, and the rest is made', async () => {
  world.writeSpec('partial', {
    custom_nodes: [
      world.pack('prestartup'),
      world.pack('env'),
      { repo: world.repo('probe').url, ref: 'main' },
    ],
    models: [world.model('one.safetensors'), world.model('two.safetensors')],
  })
  const seen = world.git.requests.length + world.files.requests.length
  const { exitCode, stderr } = await world.run(['realize', 'partial', '--offline'])
  expect(exitCode).toBe(0)
  expect(stderr.split('\n').filter((line) => line.startsWith('warning:'))).toEqual([
    `warning: offline: the commit of ${world.repo('probe').url} is not known`,
    'warning: offline: model checkpoints/two.safetensors is not here; starting without it',
    'warning: offline: pack env is not here; starting without it',
  ])
  expect(world.git.requests.length + world.files.requests.length).toBe(seen)
  expect(readdirSync(join(world.home('partial'), 'custom_nodes'))).toEqual(['prestartup'])
})

test('what was missing is looked for again, and comes with the network', async () => {
  expect(await world.json(['realize', 'partial'])).toMatchObject({
    exitCode: 0,
    data: { changed: true },
  })
  expect(readdirSync(join(world.home('partial'), 'custom_nodes')).toSorted()).toEqual([
    'env',
    'prestartup',
    'probe',
  ])
  expect(existsSync(join(world.modelsDir, 'checkpoints/two.safetensors'))).toBe(true)
  expect(await world.json(['realize', 'partial'])).toMatchObject({ data: { changed: false } })
})

test('packages of a pack that was missing are installed once it is there', async () => {
  const good = readlinkSync(join(world.home('main'), 'custom_nodes/good'))
  renameSync(`${good}.complete`, `${good}.away`)
  world.writeSpec('late', { custom_nodes: [world.pack('good')] })
  expect(await world.json(['realize', 'late', '--offline'])).toMatchObject({ exitCode: 0 })
  renameSync(`${good}.away`, `${good}.complete`)
  const { data } = await world.json(['realize', 'late', '--check'])
  expect(data.packs).toEqual([expect.objectContaining({ name: 'good', ok: true })])
})

test('without the core there is nothing to start, and that is an error', async () => {
  const { url, commits } = world.repo('core')
  world.writeSpec('coreless', { comfy: { repo: url, commit: commits[2] } })
  for (const args of [
    ['realize', 'coreless'],
    ['realize', 'coreless', '--dry-run'],
  ])
    expect(await world.json([...args, '--offline'])).toMatchObject({
      exitCode: 1,
      error: { code: 'OFFLINE_NO_CORE', params: { repo: url } },
    })
  expect(existsSync(join(world.home('coreless'), '.comfypin.json'))).toBe(false)
})

test('packages come from --wheels-dir alone', async () => {
  world.writeSpec('wheels', { python_packages: ['comfypin-test-beta'] })
  const own = { UV_FIND_LINKS: undefined, UV_CACHE_DIR: join(world.root, 'empty-uv') }
  const failed = await world.json(['realize', 'wheels', '--offline'], own)
  expect(failed).toMatchObject({ exitCode: 1, error: { code: 'PYTHON_OFFLINE' } })
  const args = ['realize', 'wheels', '--offline', '--wheels-dir', world.wheels]
  expect(await world.json(args, own)).toMatchObject({ exitCode: 0 })
})

/** Run the command where no interface is up; elsewhere with a dead proxy, by which any request fails. */
async function withoutNetwork(args: readonly string[]) {
  const isCut = spawnSync('unshare', ['--net', '--', process.execPath, '-e', '0']).status === 0
  const dead = { http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' }
  const [command = '', ...rest] = [
    ...(isCut ? ['unshare', '--net', '--'] : []),
    process.execPath,
    inject('cliPath'),
    ...args,
  ]
  const child = spawn(command, rest, {
    cwd: world.root,
    env: { ...cleanEnv(world.root), ...world.env, ...(isCut ? {} : dead) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [exitCode, stdout, stderr] = await Promise.all([
    exit,
    text(child.stdout),
    text(child.stderr),
  ])
  return { exitCode, stdout, stderr }
}
