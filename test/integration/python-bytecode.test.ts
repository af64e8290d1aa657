import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from '../../src/core/context.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { compileTree } from '../../src/python/bytecode.ts'
import { createVenv } from '../../src/python/create-venv.ts'
import { findPython } from '../../src/python/interpreter.ts'
import { lockPackages } from '../../src/python/lock-packages.ts'
import { pendingBytecode } from '../../src/python/pending-bytecode.ts'
import { syncVenv } from '../../src/python/sync-venv.ts'
import type { PythonInterpreter } from '../../src/python/types.ts'
import { ensureUv } from '../../src/python/uv.ts'
import type { Venv } from '../../src/python/venv-state.ts'
import { addBytecode } from '../../src/python/wheel-bytecode.ts'
import { startPythonIndex, type PythonIndex } from '../helpers/python-index.ts'
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
      name: 'mixed',
      version: '1.0',
      files: {
        'mixed/__init__.py': 'VALUE = 1\n',
        'mixed/deep/er.py': 'VALUE = 2\n',
        'mixed/python2.py': 'print "no"\n',
        'mixed/data.txt': 'data\n',
      },
      scripts: ['mixed = mixed:main'],
    },
  ])
})

function machine(env: Record<string, string> = {}): Ctx {
  const cacheRoot = tempDir('cache')
  const { ctx } = createTestCtx({ cacheRoot, wheelsDir: null })
  const own = { PATH: process.env.PATH ?? '', HOME: cacheRoot, UV_DEFAULT_INDEX: index.url }
  return { ...ctx, settings: { ...ctx.settings, env: { ...own, ...env } } }
}

async function install(ctx: Ctx, venv: Venv, ...lines: string[]): Promise<void> {
  const sources = [{ owner: 'core', file: null, lines, constraints: [] }]
  const rules = { overrides: [], twins: 'one' } as const
  const request = { ...rules, sources, python, existing: null, refresh: false, offline: false }
  const { text } = await lockPackages(ctx, uv, request)
  const pylockFile = cachePaths(ctx.settings.cacheRoot).pylock('v')
  mkdirSync(dirname(pylockFile), { recursive: true })
  writeFileSync(pylockFile, text)
  await syncVenv(ctx, uv, { venv, pylockFile, offline: false })
}

async function venvWith(ctx: Ctx, ...lines: string[]): Promise<Venv> {
  const venv = await createVenv(ctx, uv, { dir: join(tempDir('home'), '.venv'), python })
  await install(ctx, venv, ...lines)
  return venv
}

const bytecodeIn = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.pyc'))
    .map((file) => file.replace(/\.cpython-\d+\.pyc$/, ''))
    .toSorted()

/** What Python itself says about where a module came from: `matches` means the bytecode was used. */
function importVerbosely(venv: Venv, module: string): string {
  const { stderr } = spawnSync(venv.python, ['-v', '-c', `import ${module}`])
  return String(stderr)
}

const ino = (venv: Venv, pyc: string) => {
  const dir = join(venv.sitePackages, dirname(pyc))
  const file = readdirSync(dir).find((name) => name.startsWith(`${pyc.split('/').at(-1)}.`))
  return statSync(join(dir, file ?? '')).ino
}

describe('bytecode of wheels', () => {
  test('is compiled once, and linked into the next venv', async () => {
    const ctx = machine({ PYTHONDONTWRITEBYTECODE: '1' })
    const one = await venvWith(ctx, 'alpha', 'mixed')
    expect(await addBytecode(ctx, one)).toEqual({ reused: 0, compiled: 2 })
    expect(bytecodeIn(one.sitePackages)).toEqual([
      '__pycache__/alpha',
      'mixed/__pycache__/__init__',
      'mixed/deep/__pycache__/er',
    ])
    const two = await venvWith(ctx, 'alpha', 'mixed')
    expect(await addBytecode(ctx, two)).toEqual({ reused: 2, compiled: 0 })
    expect(bytecodeIn(two.sitePackages)).toEqual(bytecodeIn(one.sitePackages))
    expect(ino(two, '__pycache__/alpha')).toBe(ino(one, '__pycache__/alpha'))
    expect(importVerbosely(two, 'mixed.deep.er')).toMatch(/er\.\S+\.pyc matches/)
  })

  test('a second call finds nothing to do', async () => {
    const ctx = machine()
    const venv = await venvWith(ctx, 'alpha')
    await addBytecode(ctx, venv)
    expect(pendingBytecode(venv)).toEqual([])
    expect(await addBytecode(ctx, venv)).toEqual({ reused: 0, compiled: 0 })
  })

  test('follows a change of version, although uv leaves the old bytecode of a module', async () => {
    const ctx = machine()
    const venv = await venvWith(ctx, 'alpha==1.0', 'mixed')
    await addBytecode(ctx, venv)
    await install(ctx, venv, 'alpha==2.0', 'mixed')
    expect(pendingBytecode(venv).map(({ name }) => name)).toEqual(['alpha'])
    expect(await addBytecode(ctx, venv)).toEqual({ reused: 0, compiled: 1 })
    const { stdout } = spawnSync(venv.python, ['-c', 'import alpha; print(alpha.VERSION)'])
    expect(String(stdout)).toBe('2.0\n')
    expect(importVerbosely(venv, 'alpha')).toMatch(/alpha\.\S+\.pyc matches/)
  })

  test('is valid where the packages are copies with another time', async () => {
    const ctx = machine({ UV_LINK_MODE: 'copy' })
    await addBytecode(ctx, await venvWith(ctx, 'mixed'))
    const copied = await venvWith(ctx, 'mixed')
    for (const file of ['mixed/__init__.py', 'mixed/deep/er.py'])
      utimesSync(join(copied.sitePackages, file), 1e9, 1e9)
    expect(await addBytecode(ctx, copied)).toEqual({ reused: 1, compiled: 0 })
    expect(importVerbosely(copied, 'mixed.deep.er')).toMatch(/er\.\S+\.pyc matches/)
  })

  test('does not hide a change of the source', async () => {
    const ctx = machine({ UV_LINK_MODE: 'copy' })
    const venv = await venvWith(ctx, 'alpha')
    await addBytecode(ctx, venv)
    writeFileSync(join(venv.sitePackages, 'alpha.py'), 'VERSION = "changed"\n')
    const { stdout } = spawnSync(venv.python, ['-c', 'import alpha; print(alpha.VERSION)'])
    expect(String(stdout)).toBe('changed\n')
  })

  test('two processes at once do not disturb each other', async () => {
    const ctx = machine()
    const venvs = [await venvWith(ctx, 'mixed'), await venvWith(ctx, 'mixed')]
    await Promise.all(venvs.map((venv) => addBytecode(ctx, venv)))
    for (const venv of venvs) expect(bytecodeIn(venv.sitePackages)).toHaveLength(2)
  })
})

describe('bytecode of checkouts', () => {
  test('is written for all that compiles, and needs no comparison with the source', async () => {
    const dir = tempDir('checkout')
    mkdirSync(join(dir, 'sub'))
    writeFileSync(join(dir, 'good.py'), 'VALUE = 1\n')
    writeFileSync(join(dir, 'sub', 'other.py'), 'VALUE = 2\n')
    writeFileSync(join(dir, 'sub', 'python2.py'), 'print "no"\n')
    writeFileSync(join(dir, 'sub', 'zeros.py'), '\0\0')
    await compileTree(machine({ PYTHONDONTWRITEBYTECODE: '1' }), python.path, dir)
    expect(bytecodeIn(dir)).toEqual(['__pycache__/good', 'sub/__pycache__/other'])
    const [file = ''] = readdirSync(join(dir, '__pycache__'))
    // PEP 552: 1 = by hash, and unchecked
    expect(readFileSync(join(dir, '__pycache__', file)).readUInt32LE(4)).toBe(1)
  })
})
