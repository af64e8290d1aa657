import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from '../../src/core/context.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { createVenv } from '../../src/python/create-venv.ts'
import { diffPackages, installedPackages } from '../../src/python/installed-packages.ts'
import { findPython } from '../../src/python/interpreter.ts'
import { lockPackages } from '../../src/python/lock-packages.ts'
import { syncVenv } from '../../src/python/sync-venv.ts'
import type { LockedPackage, PythonInterpreter } from '../../src/python/types.ts'
import { ensureUv } from '../../src/python/uv.ts'
import { readVenv, type Venv } from '../../src/python/venv-state.ts'
import {
  startPythonIndex,
  writeSdist,
  writeWheels,
  type PythonIndex,
} from '../helpers/python-index.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

let uv: string
let python: PythonInterpreter
let index: PythonIndex

beforeAll(async () => {
  const { ctx } = createTestCtx({ cacheRoot: tempDir('cache') })
  uv = await ensureUv(ctx, false)
  python = await findPython(ctx, uv, { python: null, offline: true })
  index = await startPythonIndex([
    { name: 'alpha', version: '1.0' },
    { name: 'alpha', version: '2.0' },
    {
      name: 'tool',
      version: '1.0',
      files: { 'tool.py': 'def main():\n    print("tool runs")\n' },
      scripts: ['tool = tool:main'],
    },
  ])
})

function machine(settings: { wheelsDir?: string; env?: Record<string, string> } = {}): Ctx {
  const cacheRoot = tempDir('cache')
  const { ctx } = createTestCtx({ cacheRoot, wheelsDir: settings.wheelsDir ?? null })
  const own = { PATH: process.env.PATH ?? '', HOME: cacheRoot, UV_DEFAULT_INDEX: index.url }
  return { ...ctx, settings: { ...ctx.settings, env: { ...own, ...settings.env } } }
}

async function lock(ctx: Ctx, id: string, ...lines: string[]) {
  const sources = [{ owner: 'core', file: null, lines, constraints: [] }]
  const rules = { overrides: [], twins: 'one' } as const
  const request = { ...rules, sources, python, existing: null, refresh: false, offline: false }
  const { text, packages } = await lockPackages(ctx, uv, request)
  const pylockFile = cachePaths(ctx.settings.cacheRoot).pylock(id)
  mkdirSync(dirname(pylockFile), { recursive: true })
  writeFileSync(pylockFile, text)
  return { pylockFile, packages }
}

const newVenv = (ctx: Ctx) => createVenv(ctx, uv, { dir: join(tempDir('home'), '.venv'), python })

const names = (venv: Venv) =>
  installedPackages(venv.sitePackages).map(({ name, version }) => `${name} ${version}`)

const nothingToDo = (venv: Venv, packages: readonly LockedPackage[]) => {
  const { add, remove } = diffPackages(packages, installedPackages(venv.sitePackages))
  return add.length === 0 && remove.length === 0
}

describe('a venv', () => {
  test('has no pip, and its Python runs', async () => {
    const venv = await newVenv(machine())
    expect(names(venv)).toEqual([])
    const { stdout } = spawnSync(venv.python, ['-c', 'import sys; print(sys.prefix)'])
    expect(String(stdout).trim()).toBe(venv.dir)
    expect(readVenv(venv.dir)).toEqual(venv)
  })

  test('without its interpreter is no venv, and is made again', async () => {
    const ctx = machine()
    const venv = await newVenv(ctx)
    rmSync(venv.python)
    expect(readVenv(venv.dir)).toBeNull()
    expect(await createVenv(ctx, uv, { dir: venv.dir, python })).toEqual(venv)
  })

  test('works after its home was moved', async () => {
    const ctx = machine()
    const venv = await newVenv(ctx)
    await syncVenv(ctx, uv, { venv, ...(await lock(ctx, 'v', 'tool')), offline: false })
    const moved = join(tempDir('elsewhere'), '.venv')
    renameSync(venv.dir, moved)
    expect(String(spawnSync(join(moved, 'bin', 'tool')).stdout)).toBe('tool runs\n')
  })
})

describe('sync', () => {
  test('installs the lock, removes the rest, and then there is nothing to do', async () => {
    const ctx = machine()
    const venv = await newVenv(ctx)
    const first = await lock(ctx, 'a', 'alpha', 'tool')
    await syncVenv(ctx, uv, { venv, ...first, offline: false })
    expect(names(venv).toSorted()).toEqual(['alpha 2.0', 'tool 1.0'])
    expect(nothingToDo(venv, first.packages)).toBe(true)

    const second = await lock(ctx, 'b', 'alpha<2')
    const diff = diffPackages(second.packages, installedPackages(venv.sitePackages))
    expect(diff.add.map(({ version }) => version)).toEqual(['1.0'])
    expect(diff.remove.map(({ name }) => name).toSorted()).toEqual(['alpha', 'tool'])
    await syncVenv(ctx, uv, { venv, ...second, offline: false })
    expect(names(venv)).toEqual(['alpha 1.0'])
  })

  test('a second venv needs no network and no new bytes', async () => {
    const ctx = machine()
    const request = { ...(await lock(ctx, 'v0.33.0', 'alpha')), offline: false }
    const [one, two] = [await newVenv(ctx), await newVenv(ctx)]
    await syncVenv(ctx, uv, { venv: one, ...request })
    const before = index.server.requests.length
    await syncVenv(ctx, uv, { venv: two, ...request })
    expect(index.server.requests.length).toBe(before)
    const inode = (venv: Venv) => statSync(join(venv.sitePackages, 'alpha.py')).ino
    expect(inode(two)).toBe(inode(one))
  })

  test('to an empty lock empties the venv', async () => {
    const ctx = machine()
    const venv = await newVenv(ctx)
    await syncVenv(ctx, uv, { venv, ...(await lock(ctx, 'a', 'alpha')), offline: false })
    await syncVenv(ctx, uv, { venv, ...(await lock(ctx, 'b')), offline: false })
    expect(names(venv)).toEqual([])
  })

  test('offline, a package that is not cached is its own failure, and the venv stays', async () => {
    const ctx = machine()
    const venv = await newVenv(ctx)
    const first = await lock(ctx, 'a', 'tool')
    await syncVenv(ctx, uv, { venv, ...first, offline: false })
    const request = syncVenv(ctx, uv, { venv, ...(await lock(ctx, 'b', 'alpha')), offline: true })
    await expect(request).rejects.toMatchObject({ code: 'PYTHON_OFFLINE' })
    expect(names(venv)).toEqual(['tool 1.0'])
  })

  test('a file that is not the locked one is refused', async () => {
    const ctx = machine()
    const { pylockFile } = await lock(ctx, 'a', 'alpha')
    const text = readFileSync(pylockFile, 'utf8').replace(/sha256 = "\w{4}/, 'sha256 = "0000')
    writeFileSync(pylockFile, text)
    const request = syncVenv(ctx, uv, { venv: await newVenv(ctx), pylockFile, offline: false })
    await expect(request).rejects.toMatchObject({
      code: 'PYTHON_INSTALL',
      params: { package: 'alpha==2.0', reason: expect.stringContaining('Hash mismatch') },
    })
  })
})

describe('wheels on disk', () => {
  test('are found wherever they are now', async () => {
    const wheelsDir = join(tempDir('wheels'), 'first')
    writeWheels(wheelsDir, [{ name: 'alpha', version: '1.5+cpu' }])
    const ctx = machine({ wheelsDir })
    const { pylockFile, packages } = await lock(ctx, 'a', 'alpha')
    const moved = join(tempDir('wheels'), 'sec ond')
    renameSync(wheelsDir, moved)
    const there = { ...ctx, settings: { ...ctx.settings, wheelsDir: moved } }
    const venv = await newVenv(ctx)
    await syncVenv(there, uv, { venv, pylockFile, offline: true })
    expect(names(venv)).toEqual(['alpha 1.5+cpu'])
    expect(nothingToDo(venv, packages)).toBe(true)
  })

  test('that are gone are named', async () => {
    const wheelsDir = tempDir('wheels')
    writeWheels(wheelsDir, [{ name: 'alpha', version: '1.5' }])
    const ctx = machine({ wheelsDir })
    const { pylockFile } = await lock(ctx, 'a', 'alpha')
    rmSync(join(wheelsDir, 'alpha-1.5-py3-none-any.whl'))
    const request = syncVenv(ctx, uv, { venv: await newVenv(ctx), pylockFile, offline: true })
    await expect(request).rejects.toMatchObject({
      code: 'WHEEL_MISSING',
      params: { file: 'alpha-1.5-py3-none-any.whl', dirs: wheelsDir },
    })
  })
})

test('a wheel inside a checkout is found in a cache that lies elsewhere', async () => {
  const ctx = machine()
  const { cacheRoot } = ctx.settings
  const folder = join(cacheRoot, 'checkouts', 'host', 'pack@abc')
  writeWheels(folder, [{ name: 'inner', version: '1.0' }])
  const line = `inner @ file://${folder}/inner-1.0-py3-none-any.whl`
  const { pylockFile } = await lock(ctx, 'a', line)
  expect(readFileSync(pylockFile, 'utf8')).not.toContain(cacheRoot)
  const moved = join(tempDir('cache'), 'moved')
  renameSync(cacheRoot, moved)
  const there = { ...ctx, settings: { ...ctx.settings, cacheRoot: moved } }
  const venv = await newVenv(there)
  const file = join(moved, 'resolved', 'pylock.a.toml')
  await syncVenv(there, uv, { venv, pylockFile: file, offline: true })
  expect(names(venv)).toEqual(['inner 1.0'])
})

describe('a package that must be built', () => {
  const METADATA = `
import os
def prepare_metadata_for_build_wheel(directory, config_settings=None):
    name = 'broken-1.0.dist-info'
    os.mkdir(os.path.join(directory, name))
    with open(os.path.join(directory, name, 'METADATA'), 'w') as file:
        file.write('Metadata-Version: 2.1\\nName: broken\\nVersion: 1.0\\n')
    return name
def build_wheel(directory, config_settings=None, metadata_directory=None):
    raise SystemExit('no compiler, token ' + os.environ.get('HF_TOKEN', 'unknown'))
`

  test('and fails is named with the end of its log; it never sees our tokens', async () => {
    const ctx = machine({ env: { HF_TOKEN: 'hf_very_secret' } })
    const sdist = writeSdist(tempDir('sdist'), 'broken', METADATA)
    const { pylockFile } = await lock(ctx, 'a', `broken @ file://${sdist}`)
    const request = syncVenv(ctx, uv, { venv: await newVenv(ctx), pylockFile, offline: false })
    const error: unknown = await request.then(null, (reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'PYTHON_INSTALL',
      params: {
        package: expect.stringContaining('broken'),
        reason: expect.stringContaining('no compiler, token unknown'),
      },
    })
    const { log } = (error as { params: { log: string } }).params
    expect(existsSync(log)).toBe(true)
  })
})
