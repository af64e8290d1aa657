import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Ctx } from '../../src/core/context.ts'
import type { Settings } from '../../src/core/settings.ts'
import { findPython } from '../../src/python/interpreter.ts'
import { runUv } from '../../src/python/run-uv.ts'
import { ensureUv } from '../../src/python/uv.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const SYSTEM_PATH = '/usr/bin:/bin'

function machine(env: Record<string, string>, settings: Partial<Settings> = {}): Ctx {
  const cacheRoot = tempDir('cache')
  const { ctx } = createTestCtx({
    cacheRoot,
    uv: null,
    wheelsDir: null,
    offline: null,
    ...settings,
  })
  return { ...ctx, settings: { ...ctx.settings, env: { ...ctx.settings.env, ...env } } }
}

function program(dir: string, name: string, text: string): string {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, name), text)
  chmodSync(join(dir, name), 0o755)
  return join(dir, name)
}

test('a script named uv gives way to the executable behind it', async () => {
  const real = await ensureUv(machine({}), false)
  const bin = tempDir('bin')
  program(join(bin, 'shims'), 'uv', `#!/bin/sh\nexec ${real} "$@"\n`)
  mkdirSync(join(bin, 'real'))
  symlinkSync(real, join(bin, 'real', 'uv'))
  const path = [join(bin, 'shims'), join(bin, 'real'), SYSTEM_PATH].join(delimiter)
  const found = await ensureUv(machine({ PATH: path }), false)
  expect((await runUv(machine({}), found, ['--version'], { offline: true })).stdout).toMatch(
    /^uv \d/,
  )
})

test('COMFYPIN_UV that does not exist is an error, not a reason to look elsewhere', async () => {
  const request = ensureUv(machine({}, { uv: '/nowhere/uv' }), false)
  await expect(request).rejects.toMatchObject({
    code: 'UV_MISSING',
    params: { reason: 'COMFYPIN_UV names /nowhere/uv' },
  })
})

test('offline, a machine without uv is told so', async () => {
  const request = ensureUv(machine({ PATH: SYSTEM_PATH }), true)
  await expect(request).rejects.toMatchObject({ code: 'UV_MISSING', params: { reason: 'offline' } })
})

test('a machine without uv and Python is told so', async () => {
  const request = ensureUv(machine({ PATH: tempDir('empty') }), false)
  await expect(request).rejects.toMatchObject({ code: 'UV_MISSING' })
})

test('a uv that is too old is passed over', async () => {
  const bin = tempDir('bin')
  program(bin, 'uv', '#!/bin/sh\necho "uv 0.4.30"\n')
  const request = ensureUv(machine({ PATH: bin }), true)
  await expect(request).rejects.toMatchObject({ code: 'UV_MISSING' })
})

test('uv is fetched once, checked by its hash', async () => {
  const ctx = machine({ PATH: SYSTEM_PATH })
  const uv = await ensureUv(ctx, false)
  expect(uv.startsWith(join(ctx.settings.cacheRoot, 'tools'))).toBe(true)
  expect(await ensureUv(ctx, true)).toBe(uv)
})

test('our tokens are not in the environment of uv', async () => {
  const ctx = machine({ HF_TOKEN: 'hf_secret', GH_TOKEN: 'ghp_secret', UV_PIP_VERIFY: '1' })
  const { stdout } = await runUv(ctx, '/usr/bin/env', [], { offline: true })
  expect(stdout).not.toMatch(/secret/)
  expect(stdout).toMatch(/^UV_OFFLINE=1$/m)
  expect(stdout).toContain(`UV_CACHE_DIR=${join(ctx.settings.cacheRoot, 'uv')}`)
})

test('what the user set for uv stays, with paths made absolute', async () => {
  const env = { UV_CACHE_DIR: 'mine', UV_FIND_LINKS: 'a, https://host/b', UV_LINK_MODE: 'copy' }
  const { stdout } = await runUv(machine(env), '/usr/bin/env', [], { offline: false })
  expect(stdout).toContain(`UV_CACHE_DIR=${process.cwd()}/mine\n`)
  expect(stdout).toContain(`UV_FIND_LINKS=${process.cwd()}/a, https://host/b\n`)
  expect(stdout).toContain('UV_LINK_MODE=copy\n')
})

test('a Python is found by path, and tells its version', async () => {
  const ctx = machine({})
  const found = await findPython(ctx, await ensureUv(ctx, false), {
    python: '/usr/bin/python3',
    offline: true,
  })
  expect(found).toMatchObject({ version: expect.stringMatching(/^3\.\d+\.\d+/), platform: 'linux' })
})

test('a Python is found by version behind pyenv-like shims', async () => {
  const ctx = machine({})
  const uv = await ensureUv(ctx, false)
  const { version, path } = await findPython(ctx, uv, { python: null, offline: true })
  const minor = version.split('.').slice(0, 2).join('.')
  const root = tempDir('pyenv')
  program(join(root, 'shims'), `python${minor}`, '#!/bin/sh\necho "not active" >&2\nexit 127\n')
  const bin = join(root, 'versions', version, 'bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(path, join(bin, `python${minor}`))
  const behind = machine({ PATH: join(root, 'shims') })
  expect(await findPython(behind, uv, { python: minor, offline: true })).toMatchObject({ version })
})

test.each([
  ['/nowhere/python', 'is not a file'],
  ['/bin/echo', 'is not a Python'],
  ['/etc/passwd', 'EACCES'],
  ['python9.9', 'No interpreter found'],
  ['--help', ''],
])('COMFY_PYTHON=%s is a clear error', async (python, reason) => {
  const ctx = machine({})
  const request = findPython(ctx, await ensureUv(ctx, false), { python, offline: true })
  await expect(request).rejects.toMatchObject({
    code: 'PYTHON_NOT_FOUND',
    params: { python, reason: expect.stringContaining(reason) },
  })
})

test('a Python older than 3.10 is refused', async () => {
  const ctx = machine({})
  const old = program(
    tempDir('old'),
    'python',
    '#!/bin/sh\nprintf "/usr/bin/python\\n3.9.18\\nlinux\\nx86_64\\n"\n',
  )
  const request = findPython(ctx, await ensureUv(ctx, false), { python: old, offline: true })
  await expect(request).rejects.toMatchObject({
    code: 'PYTHON_NOT_FOUND',
    params: { reason: 'it is Python 3.9.18, and ComfyUI needs 3.10 or newer' },
  })
})
