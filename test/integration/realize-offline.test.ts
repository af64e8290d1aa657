import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, inject, test } from 'vitest'
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

describe('Python packages that cannot be had', () => {
  const emptyUv = () => ({ UV_CACHE_DIR: join(world.root, 'empty-uv'), UV_FIND_LINKS: undefined })
  const missing = (stderr: string) =>
    stderr.split('\n').filter((line) => line.startsWith('warning: offline: Python package'))

  test('are one warning each, and the venv that is there starts without them', async () => {
    world.writeSpec('packages', { custom_nodes: [world.pack('good')] })
    expect(await world.json(['realize', 'packages'])).toMatchObject({ exitCode: 0 })
    world.writeSpec('packages', {
      custom_nodes: [world.pack('good')],
      python_packages: [
        'comfypin-test-beta',
        'nowhere-to-be-found>=2',
        'neither-this[extra]',
        "not-for-us ; sys_platform == 'atari'",
      ],
      options: { offline: true },
    })
    const { exitCode, stderr } = await withoutNetwork(['realize', 'packages'])
    expect(exitCode).toBe(0)
    expect(missing(stderr)).toEqual([
      'warning: offline: Python package nowhere-to-be-found>=2 is not here (for python_packages); starting without it',
      'warning: offline: Python package neither-this[extra] is not here (for python_packages); starting without it',
    ])
    expect(packagesOf('packages')).toContain('comfypin_test_alpha-2.0')
    // of what the caches have, everything is installed
    expect(packagesOf('packages')).toContain('comfypin_test_beta-2.0')
    expect(await world.json(['test', 'packages'])).toMatchObject({ exitCode: 0 })
  })

  test('are looked for again, and what is installed stays when every cache is gone', async () => {
    const before = packagesOf('packages')
    const again = await world.run(['realize', 'packages'], emptyUv())
    expect(again.exitCode).toBe(0)
    expect(missing(again.stderr)).toHaveLength(2)
    expect(packagesOf('packages')).toEqual(before)
  })

  test('cost a new home nothing but themselves, when the core can be installed', async () => {
    world.writeSpec('fresh', { python_packages: ['nowhere-to-be-found'] })
    const { exitCode, stderr } = await world.run(['realize', 'fresh', '--offline'])
    expect(exitCode).toBe(0)
    expect(missing(stderr)).toHaveLength(1)
    expect(packagesOf('fresh').some((name) => name.startsWith('aiohttp-'))).toBe(true)
  })

  test('are an error in a new home without the packages of the core', async () => {
    world.writeSpec('empty', { python_packages: ['nowhere-to-be-found'] })
    const failed = await world.json(['realize', 'empty', '--offline'], emptyUv())
    expect(failed).toMatchObject({ exitCode: 1, error: { code: 'PYTHON_OFFLINE' } })
    expect(existsSync(join(world.home('empty'), '.comfypin.json'))).toBe(false)
  })

  test('that are locked are told with their version', async () => {
    world.writeSpec('locked', { python_packages: ['comfypin-test-beta==1.0'] })
    expect(await world.json(['realize', 'locked'])).toMatchObject({ exitCode: 0 })
    removePackage('locked', 'comfypin_test_beta')
    const { exitCode, stderr } = await world.run(['realize', 'locked', '--offline'], emptyUv())
    expect(exitCode).toBe(0)
    expect(missing(stderr)).toEqual([
      'warning: offline: Python package comfypin-test-beta==1.0 is not here (for python_packages); starting without it',
    ])
    const online = await world.json(['realize', 'locked'])
    expect(online).toMatchObject({ exitCode: 0, data: { changed: true } })
    expect(packagesOf('locked')).toContain('comfypin_test_beta-1.0')
    expect(await world.json(['realize', 'locked'])).toMatchObject({ data: { changed: false } })
  })

  test('are told by name alone where uv is gone, too', async () => {
    removePackage('locked', 'comfypin_test_beta')
    const noUv = { COMFYPIN_UV: '/nowhere/uv' }
    const { exitCode, stderr } = await world.run(['realize', 'locked', '--offline'], noUv)
    expect(exitCode).toBe(0)
    expect(missing(stderr)).toHaveLength(1)
  })

  test('come from --wheels-dir, offline as well', async () => {
    const args = ['realize', 'locked', '--offline', '--wheels-dir', world.wheels]
    const { exitCode, stderr } = await world.run(args, emptyUv())
    expect(exitCode).toBe(0)
    expect(missing(stderr)).toEqual([])
    expect(packagesOf('locked')).toContain('comfypin_test_beta-1.0')
  })
})

test('models that are to be left out are no warning', async () => {
  world.writeSpec('bare', {
    models: [{ source: `${world.files.url}/never-seen.safetensors` }],
    options: { skip_models: true, offline: true },
  })
  const { exitCode, stderr } = await withoutNetwork(['realize', 'bare'])
  expect(exitCode).toBe(0)
  expect(stderr).not.toContain('warning')
})

describe('whether the network may be used is decided alike', () => {
  const everything = (offline: boolean) => ({
    custom_nodes: [{ repo: world.repo('broken').url, ref: 'main' }],
    models: [{ ...world.model('two.safetensors'), name: 'unheard-of.safetensors' }],
    options: { offline },
  })

  /** Which servers a command asks about a version that was never resolved. */
  async function asked(args: readonly string[], env: Record<string, string>) {
    rmSync(join(world.cacheRoot, 'resolved/asks.lock.json'), { force: true })
    rmSync(join(world.modelsDir), { recursive: true, force: true })
    const [git, files] = [world.git.requests.length, world.files.requests.length]
    await world.run(args, env)
    return {
      git: world.git.requests.length > git,
      files: world.files.requests.length > files,
    }
  }

  const base = JSON.stringify({ options: { offline: true } })
  test.each([
    ['resolve', ['resolve', 'asks'], { git: true, files: false }],
    ['realize', ['realize', 'asks', '--dry-run'], { git: true, files: true }],
    ['validate', ['validate', 'asks'], { git: true, files: false }],
    ['models size', ['models', 'size', 'asks'], { git: false, files: true }],
    ['models pull', ['models', 'pull', 'asks'], { git: false, files: true }],
    ['models verify', ['models', 'verify', 'asks', '--repair'], { git: false, files: true }],
    ['export', ['export', 'asks'], { git: true, files: false }],
    ['add', ['add', 'asks', '--env', 'A=1', '--dry-run'], { git: true, files: false }],
    ['create', ['create', 'new', '--json-spec', base, '--dry-run'], { git: true, files: false }],
  ])('by %s', async (name, words, servers) => {
    const core = ['--comfy', `${world.repo('core').url}@main`]
    const args = name === 'create' ? [...words, ...core] : words
    const none = { git: false, files: false }
    world.writeSpec('asks', everything(true))
    expect(await asked(args, {}), 'the spec').toEqual(none)
    expect(await asked(args, { COMFY_OFFLINE: '0' }), 'a variable').toEqual(servers)
    world.writeSpec('asks', everything(false))
    expect(await asked(args, { COMFY_OFFLINE_MODE: '1' }), 'a variable').toEqual(none)
    const flag = [...args, '--offline']
    expect(await asked(flag, { COMFY_OFFLINE: '0' }), 'a flag').toEqual(none)
  })
})

function sitePackages(id: string): string {
  const lib = join(world.home(id), '.venv/lib')
  return join(lib, readdirSync(lib)[0] ?? '', 'site-packages')
}

/** `name-version` of what the venv of a home holds. */
function packagesOf(id: string): string[] {
  return readdirSync(sitePackages(id))
    .filter((entry) => entry.endsWith('.dist-info'))
    .map((entry) => entry.replace(/\.dist-info$/, ''))
    .toSorted()
}

function removePackage(id: string, name: string): void {
  const dir = sitePackages(id)
  for (const entry of readdirSync(dir))
    if (entry.startsWith(name)) rmSync(join(dir, entry), { recursive: true })
}

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
