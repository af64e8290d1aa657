import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from '../../src/core/context.ts'
import { findPython } from '../../src/python/interpreter.ts'
import { lockPackages, type LockRequest } from '../../src/python/lock-packages.ts'
import type { PythonInterpreter, RequirementSource } from '../../src/python/types.ts'
import { ensureUv } from '../../src/python/uv.ts'
import {
  startPythonIndex,
  writeWheels,
  type PythonIndex,
  type TestWheel,
} from '../helpers/python-index.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const wheels: TestWheel[] = [
  { name: 'alpha', version: '1.0' },
  { name: 'alpha', version: '2.0' },
  { name: 'beta', version: '1.0', requires: ['alpha<2'] },
  { name: 'gamma', version: '1.0', requires: ['alpha>=2'] },
  { name: 'opencv-python', version: '4.9.0' },
  { name: 'opencv-python-headless', version: '4.10.0' },
  { name: 'opencv-contrib-python-headless', version: '4.9.0' },
  { name: 'opencv-contrib-python-headless', version: '4.11.0' },
]

let uv: string
let python: PythonInterpreter
let index: PythonIndex

beforeAll(async () => {
  const { ctx } = createTestCtx({ cacheRoot: tempDir('cache') })
  uv = await ensureUv(ctx, false)
  python = await findPython(ctx, uv, { python: null, offline: true })
  index = await startPythonIndex(wheels)
})

/** A machine with its own cache, whose only package index is the test's. */
function machine(env: Record<string, string> = {}, cacheRoot = tempDir('cache')): Ctx {
  const { ctx } = createTestCtx({ cacheRoot, wheelsDir: null })
  const own = { PATH: process.env.PATH ?? '', HOME: cacheRoot, UV_DEFAULT_INDEX: index.url }
  return { ...ctx, settings: { ...ctx.settings, env: { ...own, ...env } } }
}

function from(owner: string, ...lines: string[]): RequirementSource {
  return { owner, file: null, lines, constraints: [] }
}

function ask(ctx: Ctx, sources: RequirementSource[], options: Partial<LockRequest> = {}) {
  const rules = { overrides: [], twins: 'one' } as const
  const defaults = { ...rules, existing: null, refresh: false, offline: false }
  return lockPackages(ctx, uv, { sources, python, ...defaults, ...options })
}

const versions = (packages: readonly { name: string; version: string | null }[]) =>
  packages.map(({ name, version }) => `${name} ${version}`)

describe('a lock', () => {
  test('has one version that suits everybody', async () => {
    const { packages, twins } = await ask(machine(), [from('core', 'alpha'), from('a', 'beta')])
    expect(versions(packages)).toEqual(['alpha 1.0', 'beta 1.0'])
    expect(twins).toEqual([])
  })

  test('names the environment that it was made for, and no path of this machine', async () => {
    const ctx = machine()
    const { text } = await ask(ctx, [from('core', 'alpha')])
    expect(text).toContain(`sys_platform == '${python.platform}'`)
    expect(text).not.toContain(ctx.settings.cacheRoot)
  })

  test('is the same bytes on another machine', async () => {
    const sources = [from('core', 'alpha'), from('a', 'beta')]
    const [one, two] = [await ask(machine(), sources), await ask(machine(), sources)]
    expect(two.text).toBe(one.text)
  })

  test('keeps its versions until a refresh', async () => {
    const ctx = machine()
    const { text } = await ask(ctx, [from('core', 'alpha<2')])
    const kept = await ask(ctx, [from('core', 'alpha')], { existing: text })
    const fresh = await ask(ctx, [from('core', 'alpha')], { existing: text, refresh: true })
    expect([versions(kept.packages), versions(fresh.packages)]).toEqual([
      ['alpha 1.0'],
      ['alpha 2.0'],
    ])
  })

  test('of nothing is empty', async () => {
    expect((await ask(machine(), [])).packages).toEqual([])
  })

  test('respects constraints', async () => {
    const bounded = { ...from('a', 'alpha'), constraints: ['alpha<2'] }
    expect(versions((await ask(machine(), [bounded])).packages)).toEqual(['alpha 1.0'])
  })
})

describe('the network', () => {
  test('is not asked for what the cache can answer', async () => {
    const ctx = machine()
    const first = await ask(ctx, [from('core', 'alpha', 'beta')])
    const before = index.server.requests.length
    const second = await ask(ctx, [from('core', 'beta'), from('new', 'alpha')], {
      existing: first.text,
    })
    expect(second.packages).toEqual(first.packages)
    expect(index.server.requests.length).toBe(before)
  })

  test('is asked when the cache could only offer an older version', async () => {
    const ctx = machine()
    await ask(ctx, [from('core', 'alpha==1.0')])
    const { packages } = await ask(ctx, [from('core', 'alpha')])
    expect(versions(packages)).toEqual(['alpha 2.0'])
  })

  test('offline never weakens a lock', async () => {
    const ctx = machine()
    const { text } = await ask(ctx, [from('core', 'alpha==1.0')])
    const request = {
      existing: text.replace('version = "1.0"\nw', 'version = "2.0"\nw'),
      offline: true,
    }
    await expect(ask(ctx, [from('core', 'alpha')], request)).rejects.toMatchObject({
      code: 'PYTHON_OFFLINE',
    })
  })

  test('offline, a package that was never seen is its own failure', async () => {
    const request = ask(machine(), [from('core', 'alpha')], { offline: true })
    await expect(request).rejects.toMatchObject({ code: 'PYTHON_OFFLINE' })
  })

  test('an index that is down is told with its log', async () => {
    const env = { UV_DEFAULT_INDEX: 'http://127.0.0.1:9/simple', UV_HTTP_RETRIES: '0' }
    const request = ask(machine(env), [from('core', 'alpha')])
    await expect(request).rejects.toMatchObject({
      code: 'PYTHON_RESOLVE',
      params: {
        reason: expect.stringContaining('127.0.0.1:9'),
        owners: 'core',
        log: expect.any(String),
      },
    })
  })
})

describe('a conflict', () => {
  test('names who asked for what', async () => {
    const request = ask(
      machine(),
      [from('core', 'six-like'), from('Pack_A', 'alpha==1.0'), from('pack-b', 'alpha>=2')].slice(1),
    )
    await expect(request).rejects.toMatchObject({
      code: 'PYTHON_CONFLICT',
      params: {
        owners: 'Pack_A, pack-b',
        reason: expect.stringMatching(
          /Pack_A depends on alpha==1\.0[^]*pack-b depends on alpha>=2/,
        ),
      },
    })
  })

  test('names who asked for the packages that disagree', async () => {
    const request = ask(machine(), [
      from('core', 'beta'),
      from('one', 'gamma'),
      from('two', 'alpha'),
    ])
    await expect(request).rejects.toMatchObject({
      code: 'PYTHON_CONFLICT',
      params: { owners: expect.stringMatching(/^(?=.*core)(?=.*one)(?!.*two)/) },
    })
  })

  test('a version that does not exist is blamed on its owner', async () => {
    const request = ask(machine(), [from('core', 'beta'), from('one', 'alpha==9')])
    await expect(request).rejects.toMatchObject({
      code: 'PYTHON_CONFLICT',
      params: { owners: expect.stringContaining('one') },
    })
  })
})

describe('twins', () => {
  test('are reduced to one, at a version that nobody excludes', async () => {
    const sources = [from('a', 'opencv-python'), from('b', 'opencv-python-headless')]
    const { packages, twins } = await ask(machine(), sources)
    expect(versions(packages)).toEqual(['opencv-contrib-python-headless 4.9.0'])
    expect(twins).toEqual([
      {
        kept: 'opencv-contrib-python-headless',
        removed: ['opencv-python', 'opencv-python-headless'],
      },
    ])
  })

  test('stay reduced when the lock is made again', async () => {
    const ctx = machine()
    const sources = [from('a', 'opencv-python'), from('b', 'opencv-python-headless')]
    const first = await ask(ctx, sources)
    expect((await ask(ctx, sources, { existing: first.text })).text).toBe(first.text)
  })

  test('the spec decides which one is kept', async () => {
    const sources = [from('a', 'opencv-python-headless'), from('python_packages', 'opencv-python')]
    expect(versions((await ask(machine(), sources)).packages)).toEqual(['opencv-python 4.9.0'])
  })

  test('one alone is left alone', async () => {
    const { packages } = await ask(machine(), [from('a', 'opencv-python')])
    expect(versions(packages)).toEqual(['opencv-python 4.9.0'])
  })
})

describe('overrides', () => {
  test('win over whatever anybody asks, and bring nothing that nobody asks for', async () => {
    const sources = [from('a', 'alpha>=2'), from('python_packages', 'alpha==2.0')]
    const overrides = ['alpha==1.0', 'gamma==1.0']
    expect(versions((await ask(machine(), sources, { overrides })).packages)).toEqual(['alpha 1.0'])
  })

  test('choose among twins, and win over their bound', async () => {
    const sources = [from('a', 'opencv-python'), from('b', 'opencv-contrib-python-headless')]
    const overrides = ['opencv-contrib-python-headless==4.11.0']
    const { packages, twins } = await ask(machine(), sources, { overrides })
    expect(versions(packages)).toEqual(['opencv-contrib-python-headless 4.11.0'])
    expect(twins).toEqual([{ kept: 'opencv-contrib-python-headless', removed: ['opencv-python'] }])
  })

  test('settle what would be a conflict without them', async () => {
    const sources = [from('a', 'beta'), from('b', 'gamma')]
    const { packages } = await ask(machine(), sources, { overrides: ['alpha==2.0'] })
    expect(versions(packages)).toEqual(['alpha 2.0', 'beta 1.0', 'gamma 1.0'])
  })

  test('are part of the explanation of a conflict', async () => {
    const sources = [from('a', 'beta', 'gamma'), from('b', 'alpha')]
    const request = ask(machine(), sources, { overrides: ['alpha==9'] })
    await expect(request).rejects.toMatchObject({
      code: 'PYTHON_CONFLICT',
      params: { reason: expect.stringContaining('alpha==9') },
    })
  })
})

test('all twins stay where the spec wants them all', async () => {
  const sources = [from('a', 'opencv-python'), from('b', 'opencv-python-headless')]
  const { packages, twins } = await ask(machine(), sources, { twins: 'all' })
  expect(versions(packages)).toEqual(['opencv-python 4.9.0', 'opencv-python-headless 4.10.0'])
  expect(twins).toEqual([])
})

describe('lines', () => {
  test.each(['this is prose', 'é this too', 'alpha==one', 'alpha[', '{}', 'alpha==1.*.*'])(
    'that are no requirement are reported with their owner: %s',
    async (line) => {
      const request = ask(machine(), [from('core', 'alpha'), from('odd pack', 'beta # é', line)])
      await expect(request).rejects.toMatchObject({
        code: 'REQUIREMENT_INVALID',
        params: { owner: 'odd pack', line },
      })
    },
  )

  test('with a marker that does not hold are not installed', async () => {
    const { packages } = await ask(machine(), [from('core', "alpha ; sys_platform == 'atari'")])
    expect(packages).toEqual([])
  })

  test('with a hash that no file has are refused', async () => {
    const line = `alpha==1.0 --hash=sha256:${'0'.repeat(64)}`
    await expect(ask(machine(), [from('core', line)])).rejects.toMatchObject({
      code: 'PYTHON_HASH',
    })
  })
})

describe('wheels on disk', () => {
  test('replace every index, and are kept by name and hash', async () => {
    const ctx = machine()
    const wheelsDir = join(tempDir('whe els'), 'a b')
    writeWheels(wheelsDir, [{ name: 'alpha', version: '1.5+cpu' }])
    const local = { ...ctx, settings: { ...ctx.settings, wheelsDir } }
    const { text, packages } = await ask(local, [from('core', 'alpha')])
    expect(versions(packages)).toEqual(['alpha 1.5+cpu'])
    expect(text).toContain('path = "find-links/alpha-1.5+cpu-py3-none-any.whl", hashes = { sha256')
    expect(text).not.toContain(wheelsDir)
    const again = await ask(local, [from('core', 'alpha')], { existing: text, offline: true })
    expect(again.text).toBe(text)
  })

  test('of UV_FIND_LINKS are kept the same way', async () => {
    const dir = tempDir('links')
    writeWheels(dir, [{ name: 'alpha', version: '3.0' }])
    const { text } = await ask(machine({ UV_FIND_LINKS: dir }), [from('core', 'alpha')])
    expect(text).toContain('path = "find-links/alpha-3.0-py3-none-any.whl"')
  })
})

test('a package whose metadata cannot be built is named', async () => {
  const dir = tempDir('sdist')
  writeFileSync(join(dir, 'broken-1.0.tar.gz'), 'this is no archive')
  const url = `file://${dir}/broken-1.0.tar.gz`
  const request = ask(machine(), [from('core', `broken @ ${url}`)])
  await expect(request).rejects.toMatchObject({
    code: 'PYTHON_INSTALL',
    params: { package: expect.stringContaining('broken') },
  })
})
