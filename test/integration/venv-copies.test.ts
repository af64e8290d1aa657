import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { copyInterpreter } from '../../src/python/copy-interpreter.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { createWorld, type World } from '../helpers/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})

const venv = (...path: string[]) => join(world.home('own'), '.venv', ...path)
const programs = () => readdirSync(venv('bin')).filter((name) => /^python[\d.]*$/.test(name))
const linked = () => programs().filter((name) => lstatSync(venv('bin', name)).isSymbolicLink())

function packageLinks(): number {
  const [python = ''] = readdirSync(venv('lib'))
  return lstatSync(venv('lib', python, 'site-packages/comfypin_test_alpha.py')).nlink
}

async function realize(options: object) {
  world.writeSpec('own', { custom_nodes: [world.pack('good')], options })
  return world.json(['realize', 'own'])
}

test('a venv of copies shares no package with the cache, and its packs import', async () => {
  const { exitCode, data } = await realize({ venv_mode: 'copies' })
  expect(exitCode).toBe(0)
  expect(data.packs).toMatchObject([{ name: 'good', ok: true }])
  expect(programs().length).toBeGreaterThan(1)
  expect(linked()).toEqual([])
  expect(packageLinks()).toBe(1)
  expect(await world.json(['realize', 'own'])).toMatchObject({ data: { changed: false } })
  const { options } = (await world.json(['show', 'own'])).data
  expect(options).toEqual({ offline: false, skip_models: false, venv_mode: 'copies' })
})

test('another mode is another venv; links are what nobody has to ask for', async () => {
  const { data } = await realize({ venv_mode: 'symlinks' })
  expect(data.steps).toContainEqual(expect.objectContaining({ kind: 'venv', action: 'recreate' }))
  expect(linked()).toEqual(programs())
  expect((await realize({})).data.steps).not.toContainEqual(
    expect.objectContaining({ kind: 'venv', action: 'recreate' }),
  )
})

test('a mode that nobody knows is refused', async () => {
  const { exitCode, error } = await realize({ venv_mode: 'hardlinks' })
  expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'SPEC_INVALID' })
  expect(error.message).toContain('$.options.venv_mode: expected "symlinks" or "copies"')
})

test('an interpreter that does not run as a copy stays a link, and that is told', async () => {
  const root = tempDir('interpreter')
  const python = join(root, 'python3')
  const script = `#!/bin/sh
case "$0" in *.tmp) echo 'libpython3.so: cannot open shared object file' >&2; exit 127; esac
`
  writeFileSync(python, script)
  chmodSync(python, 0o755)
  mkdirSync(join(root, 'venv/bin'), { recursive: true })
  symlinkSync(python, join(root, 'venv/bin/python'))
  const { ctx, events } = createTestCtx()
  await copyInterpreter(ctx, join(root, 'venv'))
  expect(events).toContainEqual({
    type: 'warning',
    code: 'PYTHON_NOT_COPIED',
    params: { python, reason: 'libpython3.so: cannot open shared object file' },
  })
  expect(readdirSync(join(root, 'venv/bin'))).toEqual(['python'])
  expect(lstatSync(join(root, 'venv/bin/python')).isSymbolicLink()).toBe(true)
})
