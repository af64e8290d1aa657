import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { whenOver } from '../helpers/temp.ts'
import { createWorld, type World } from '../helpers/world.ts'

let world: World
/** Everything that versions share, after the first realize. */
let shared: string[]

beforeAll(async () => {
  world = await createWorld()
  const parts = { custom_nodes: [world.pack('good')], models: [world.model('one.safetensors')] }
  world.writeSpec('base', parts)
  await world.json(['realize', 'base'])
  shared = sharedFiles()
}, 240_000)

function sharedFiles(): string[] {
  const dirs = ['checkouts', 'git'].map((name) => join(world.cacheRoot, name))
  return [...dirs, world.modelsDir]
    .flatMap((dir) => readdirSync(dir, { recursive: true, encoding: 'utf8' }))
    .filter((path) => !path.includes('__pycache__'))
    .toSorted()
}

/** A realized version: a copy of the first one under another id. */
async function realized(id: string): Promise<string> {
  await world.json(['clone', 'base', id])
  const { ok } = await world.json(['realize', id])
  expect(ok).toBe(true)
  return world.home(id)
}

/** What a home of a version looks like to the guards, without its content. */
function fakeHome(id: string, home = world.home(id)): string {
  mkdirSync(home, { recursive: true })
  const marker = { schema: 1, tool: 'comfypin', version_id: id, packs: [] }
  writeFileSync(join(home, '.comfypin.json'), JSON.stringify(marker))
  return home
}

function remove(...args: string[]) {
  return world.json(['delete', ...args])
}

test('delete removes the home, and neither caches nor models nor the spec', async () => {
  const home = await realized('gone')
  const { ok, data } = await remove('gone', '--yes')
  expect({ ok, removed: data.removed }).toEqual({ ok: true, removed: true })
  expect(data.items).toEqual([
    {
      kind: 'home',
      path: home,
      size: expect.any(Number),
      frees: expect.any(Number),
      files: expect.any(Number),
    },
  ])
  expect(existsSync(home)).toBe(false)
  expect(readdirSync(join(home, '..')).filter((name) => name.includes('gone'))).toEqual([])
  expect(existsSync(join(world.versionsDir, 'gone.json'))).toBe(true)
  expect(sharedFiles()).toEqual(shared)
  const again = await remove('gone', '--yes')
  expect(again).toMatchObject({ exitCode: 1, ok: false, data: { removed: false, items: [] } })
}, 120_000)

test('--remove-spec also takes the spec and both locks, of a version without a home too', async () => {
  await world.json(['clone', 'base', 'records'])
  const { data } = await remove('records', '--yes', '--remove-spec')
  expect(data.items.map(({ kind }: { kind: string }) => kind)).toEqual(['lock', 'pylock', 'spec'])
  const left = [world.versionsDir, join(world.cacheRoot, 'resolved')].flatMap((dir) =>
    readdirSync(dir),
  )
  expect(left.filter((name) => name.includes('records'))).toEqual([])
})

describe('without --yes', () => {
  test('and without anybody at a terminal nothing is deleted, and the error names it', async () => {
    const home = fakeHome('unasked')
    const { exitCode, stderr } = await world.run(['delete', 'unasked'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`nobody is here to confirm: ${home}`)
    expect(stderr).toContain('hint: say --yes')
    const russian = await world.run(['delete', 'unasked', '--lang', 'ru'])
    expect(russian.stderr).toContain('некому подтвердить')
    expect(existsSync(home)).toBe(true)
  })

  test('--dry-run shows what would go', async () => {
    const home = fakeHome('dry')
    writeFileSync(join(home, 'notes.txt'), 'mine')
    const english = await world.run(['delete', 'dry', '--dry-run'])
    expect(english.exitCode).toBe(0)
    expect(english.stdout).toContain('dry run, nothing was deleted')
    expect(english.stdout).toContain(home)
    expect(english.stdout).toContain('files that comfypin did not make: 1 (4 B): notes.txt')
    const russian = await world.run(['delete', 'dry', '--dry-run', '--lang', 'ru'])
    expect(russian.stdout).toContain('Было бы удалено:')
    expect(existsSync(join(home, 'notes.txt'))).toBe(true)
  })
})

describe("the user's own files", () => {
  test('stop a deletion and are named; what ComfyUI and packs made themselves does not', async () => {
    await world.json(['clone', 'base', 'owned'])
    await world.json(['add', 'owned', '--node', world.repo('writer').url])
    await world.json(['realize', 'owned'])
    const home = world.home('owned')
    expect((await remove('owned', '--dry-run')).data.user_files.count).toBe(0)
    const own = [
      'output/a.png',
      'user/default/workflows/w.json',
      'models/loras-own/x.safetensors',
      'custom_nodes/mine/__init__.py',
      'custom_nodes/writer/presets.json',
      'var/removed-packs/old/settings.json',
      'notes.txt',
    ]
    for (const path of [...own, 'user/comfyui.db', 'temp/preview.png', 'var/cache/x']) {
      mkdirSync(join(home, path, '..'), { recursive: true })
      writeFileSync(join(home, path), 'x')
    }
    const { exitCode, error } = await remove('owned', '--yes')
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 1, code: 'DELETE_USER_FILES' })
    expect(error.params).toMatchObject({ count: own.length, size: `${own.length} B` })
    expect(
      error.params.files
        .split('\n')
        .map((line: string) => line.trim())
        .toSorted(),
    ).toEqual(own.toSorted())
    expect(own.filter((path) => !existsSync(join(home, path)))).toEqual([])
    expect((await remove('owned', '--yes', '--with-user-files')).data.removed).toBe(true)
    expect(existsSync(home)).toBe(false)
  }, 120_000)

  test('are never reached through a link', async () => {
    const home = fakeHome('links')
    const outside = join(world.root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'keep.txt'), 'keep')
    symlinkSync(outside, join(home, 'output'))
    symlinkSync(outside, join(home, '.venv'))
    expect((await remove('links', '--yes', '--with-user-files')).data.removed).toBe(true)
    expect(readFileSync(join(outside, 'keep.txt'), 'utf8')).toBe('keep')
  })
})

describe('refused is', () => {
  test('a folder that comfypin did not make, or made for another version', async () => {
    const foreign = world.home('foreign')
    mkdirSync(foreign, { recursive: true })
    writeFileSync(join(foreign, 'x'), 'x')
    expect((await remove('foreign', '--yes')).error.code).toBe('DELETE_FOREIGN')
    expect((await remove('foreign', '--yes', '--target', world.root)).error.code).toBe(
      'DELETE_FOREIGN',
    )
    const home = fakeHome('theirs')
    expect((await remove('mine', '--yes', '--target', home)).error.code).toBe('HOME_OTHER_VERSION')
    expect([foreign, home].every((path) => existsSync(path))).toBe(true)
  })

  test('a link that stands for a home; what it leads to can be named', async () => {
    const real = fakeHome('linked', join(world.root, 'big-disk'))
    symlinkSync(real, world.home('linked'))
    const refused = await world.run(['delete', 'linked', '--yes', '--lang', 'ru'])
    expect(refused).toMatchObject({ exitCode: 2 })
    expect(refused.stderr).toContain(`это ссылка на ${real}`)
    expect((await remove('linked', '--yes', '--target', real)).data.removed).toBe(true)
    expect(existsSync(real)).toBe(false)
  })

  test.each(['cacheRoot', 'versionsDir', 'modelsDir'] as const)(
    'a home that holds the %s',
    async (key) => {
      const holder = fakeHome('holder', join(world.root, `holder-${key}`))
      const inside = join(holder, 'inside')
      const flag = {
        cacheRoot: '--cache-root',
        versionsDir: '--versions-dir',
        modelsDir: '--models-dir',
      }
      mkdirSync(inside)
      const { error } = await remove('holder', '--yes', '--target', holder, flag[key], inside)
      expect(error).toMatchObject({
        code: 'DELETE_UNSAFE',
        message: expect.stringContaining(inside),
      })
      expect(existsSync(inside)).toBe(true)
    },
  )

  test.each([['/'], ['~'], ['.']])('%s', async (target) => {
    const { ok, error } = await remove('base', '--yes', '--target', target)
    expect(ok).toBe(false)
    expect(['DELETE_FOREIGN', 'DELETE_UNSAFE']).toContain(error.code)
  })

  test.each([['../base'], ['a/b'], ['..']])('the id %s', async (id) => {
    expect((await remove(id, '--yes', '--remove-spec')).error.code).toBe('ID_INVALID')
  })

  test('a home in which a process works', async () => {
    const home = fakeHome('busy')
    const program = spawn('sleep', ['600'], { cwd: home, stdio: 'ignore' })
    whenOver(() => void program.kill('SIGKILL'))
    await once(program, 'spawn')
    const { error } = await remove('busy', '--yes')
    expect(error.code).toBe('HOME_BUSY')
    expect(error.message).toContain(String(program.pid))
    program.kill('SIGKILL')
    await once(program, 'exit')
    expect((await remove('busy', '--yes')).data.removed).toBe(true)
  })

  test('a home that a realize holds', async () => {
    const home = fakeHome('held')
    const lock = join(world.cacheRoot, 'locks', 'home-held.lock')
    writeFileSync(lock, `${hostname()} ${process.pid} - abc`)
    const { error } = await remove('held', '--yes')
    expect(error).toMatchObject({
      code: 'HOME_BUSY',
      params: { holder: `${hostname()} ${process.pid}` },
    })
    rmSync(lock)
    expect(existsSync(home)).toBe(true)
  })
})

describe('a deletion that was broken off', () => {
  test('is finished by the next one, marker last', async () => {
    const aside = `${fakeHome('torn')}.deleting-0123456789ab`
    renameSync(world.home('torn'), aside)
    mkdirSync(join(aside, 'rest'))
    const empty = `${world.home('torn')}.deleting-ba9876543210`
    mkdirSync(empty)
    const foreign = `${world.home('torn')}.deleting-000000000000`
    mkdirSync(join(foreign, 'x'), { recursive: true })
    const { data } = await remove('torn', '--yes')
    expect(data.items.map(({ kind, path }: Record<string, string>) => [kind, path])).toEqual([
      ['leftover', aside],
      ['leftover', empty],
    ])
    expect([aside, empty, foreign].map((path) => existsSync(path))).toEqual([false, false, true])
  })

  test('or a first realize that was, goes by its claim at the default place alone', async () => {
    const home = world.home('claimed')
    mkdirSync(join(home, '.venv'), { recursive: true })
    writeFileSync(join(home, '.comfypin-claim'), 'made by comfypin\n')
    expect((await remove('claimed', '--yes', '--target', home)).error.code).toBe('DELETE_FOREIGN')
    expect((await remove('claimed', '--yes')).data.removed).toBe(true)
    expect(existsSync(home)).toBe(false)
  })
})
