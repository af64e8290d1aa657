import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createWorld, type World } from '../helpers/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld()
  world.writeSpec('main', {
    custom_nodes: [world.pack('good'), world.pack('broken')],
    models: [world.model('one.safetensors'), world.model('two.safetensors')],
    env: { MY_TOKEN: 'hunter22', GREETING: 'hello' },
  })
  await world.json(['realize', 'main'])
}, 240_000)

const lockFile = (id: string) => join(world.cacheRoot, 'resolved', `${id}.lock.json`)

describe('show', () => {
  test('tells what is pinned, what is here and what the packs bring', async () => {
    const { data } = await world.json(['show', 'main'])
    expect(data).toMatchObject({
      version_id: 'main',
      state: 'ready',
      pinned: true,
      paths: { lock: lockFile('main'), home: world.home('main'), models_dir: world.modelsDir },
      core: { commit: world.repo('core').commits[0], in_cache: true },
      packs: [
        { name: 'good', imports: true, nodes: 1, reason: null, in_cache: true },
        { name: 'broken', imports: false, reason: expect.stringContaining('luck') },
      ],
      env: ['MY_TOKEN', 'GREETING'],
    })
    expect(
      data.models.map(({ present, size }: Record<string, unknown>) => [present, size]),
    ).toEqual([
      [true, 300_000],
      [true, 200_000],
    ])
    expect(data.python.locked).toBeGreaterThan(0)
    expect(data.python.installed).toBe(data.python.locked)
  })

  test('is a page for people, in both languages, without the values of variables', async () => {
    const english = await world.run(['show', 'main'])
    expect(english).toMatchObject({ exitCode: 0, stderr: '' })
    expect(english.stdout).toMatch(/^main {2}ready$/m)
    expect(english.stdout).toMatch(/^ {2}good +http\S+@[0-9a-f]{12} +nodes: 1$/m)
    expect(english.stdout).toMatch(/^ {2}293 KiB +\S+one\.safetensors/m)
    const russian = await world.run(['info', 'main', '--lang', 'ru'])
    expect(russian.stdout).toMatch(/^main {2}готова$/m)
    expect(russian.stdout).toContain('не импортируется')
    expect(english.stdout + russian.stdout).not.toContain('hunter22')
  })

  test('of a version that was never resolved asks nobody and writes nothing', async () => {
    world.writeSpec('fresh', {
      comfy: { repo: world.repo('core').url },
      custom_nodes: [{ repo: world.repo('good').url }],
      models: [world.model('one.safetensors'), { source: 'hf://a/b/c.pt' }],
    })
    const asked = world.git.requests.length
    const { data, stderr } = await world.json(['show', 'fresh'])
    expect(data).toMatchObject({
      state: 'spec only',
      pinned: false,
      paths: { lock: null, pylock: null },
      core: { commit: null, in_cache: false },
      packs: [{ name: 'good', commit: null, in_cache: false, imports: null, nodes: null }],
      models: [{ present: true }, { present: false, size: null }],
      python: { version: null, locked: null, installed: null },
    })
    expect({ stderr, asked: world.git.requests.length }).toEqual({ stderr: '', asked })
  })

  test('of a model whose place another file has says so', async () => {
    const model = { source: 'https://x.test/one.safetensors', target_subdir: 'checkpoints' }
    world.writeSpec('taken', { models: [model] })
    const { data } = await world.json(['show', 'taken'])
    expect(data.models[0]).toMatchObject({
      present: false,
      problem: expect.stringContaining('belongs to another source'),
    })
  })
})

describe('list', () => {
  test('names what is missing of a realized version, and where everything lies', async () => {
    await world.json(['clone', 'main', 'holes'])
    await world.json(['realize', 'holes'])
    const model = join(world.modelsDir, 'checkpoints', 'one.safetensors')
    renameSync(model, `${model}.away`)
    rmSync(join(world.home('holes'), 'custom_nodes', 'good'))
    const { data } = await world.json(['list'])
    const entry = data.versions.find(({ id }: { id: string }) => id === 'holes')
    expect(entry).toEqual({
      id: 'holes',
      spec: join(world.versionsDir, 'holes.json'),
      home: world.home('holes'),
      lock: lockFile('holes'),
      state: 'outdated',
      missing: ['pack good', 'model checkpoints/one.safetensors'],
    })
    const english = await world.run(['status'])
    expect(english.stdout).toContain('  missing: pack good, model checkpoints/one.safetensors\n')
    const russian = await world.run(['list', '--lang', 'ru'])
    expect(russian.stdout).toContain('не хватает: пак good')
    renameSync(`${model}.away`, model)
  }, 120_000)

  test('survives files that are no versions', async () => {
    writeFileSync(join(world.versionsDir, 'not an id.json'), '{}')
    writeFileSync(join(world.versionsDir, 'torn.json'), '{')
    const { data } = await world.json(['list'])
    const states = Object.fromEntries(
      data.versions.map(({ id, state }: Record<string, string>) => [id, state]),
    )
    expect(states).toMatchObject({ main: 'ready', 'not an id': 'invalid', torn: 'invalid' })
  })
})

describe('diff', () => {
  test('of equal versions is exit code 0, at every level', async () => {
    await world.json(['clone', 'main', 'same'])
    for (const flag of ['--spec', '--lock']) {
      const { exitCode, data } = await world.json(['diff', 'main', 'same', flag])
      expect({ exitCode, equal: data.equal, changes: data.changes }).toEqual({
        exitCode: 0,
        equal: true,
        changes: [],
      })
    }
    await world.json(['realize', 'same'])
    expect((await world.json(['diff', 'main', 'same'])).data).toMatchObject({
      level: 'home',
      equal: true,
    })
  }, 120_000)

  test('names every pin that differs, with exit code 1', async () => {
    world.writeSpec('other', {
      comfy: { repo: world.repo('core').url, commit: world.repo('core').commits[2] },
      custom_nodes: [world.pack('good', 1), world.pack('writer')],
      models: [world.model('two.safetensors'), { ...world.model('one.safetensors'), name: 'uno' }],
      python_packages: ['comfypin-test-alpha>=2'],
      env: { MY_TOKEN: 'hunter33', GREETING: 'hello' },
      options: { skip_models: true },
    })
    await world.json(['resolve', 'other'])
    const { exitCode, data } = await world.json(['diff', 'main', 'other'])
    expect({ exitCode, level: data.level, equal: data.equal }).toEqual({
      exitCode: 1,
      level: 'lock',
      equal: false,
    })
    const told = data.changes
      .filter(({ part }: { part: string }) => part !== 'package')
      .map(({ part, name, change }: Record<string, string>) => `${change} ${part} ${name}`)
    expect(told.toSorted()).toEqual(
      [
        'changed core core',
        'changed pack good',
        'removed pack broken',
        'added pack writer',
        'removed model checkpoints/one.safetensors',
        'added model checkpoints/uno.safetensors',
        'added requirement comfypin-test-alpha>=2',
        'changed env MY_TOKEN',
        'changed option skip_models',
      ].toSorted(),
    )
    const english = await world.run(['diff', 'main', 'other', '--spec'])
    expect(english).toMatchObject({ exitCode: 1 })
    expect(english.stdout).toMatch(/^main → other \(spec\): differences: 9$/m)
    expect(english.stdout).toContain('  ~ env MY_TOKEN  *** → ***\n')
    const russian = await world.run(['diff', 'main', 'other', '--spec', '--lang', 'ru'])
    expect(russian.stdout).toMatch(/отличий: 9$/m)
    expect(english.stdout + russian.stdout).not.toContain('hunter')
  })

  test('does not take a lock or home for the version when the spec was edited since', async () => {
    const goodAlone = { custom_nodes: [world.pack('good')] }
    world.writeSpec('left', goodAlone)
    await world.json(['realize', 'left'])
    await world.json(['clone', 'left', 'right'])
    await world.json(['realize', 'right'])
    world.writeSpec('right', { ...goodAlone, models: [world.model('two.safetensors')] })

    const told = await world.json(['diff', 'left', 'right'])
    const model = 'model checkpoints/two.safetensors'
    const lock = { name: 'right', level: 'lock', subjects: [model] }
    expect(told).toMatchObject({ exitCode: 1, data: { level: 'spec', equal: false } })
    expect(told.data.stale).toEqual([{ ...lock, level: 'home' }, lock])
    const asked = await world.json(['diff', 'left', 'right', '--lock'])
    expect(asked).toMatchObject({ exitCode: 1, data: { level: 'lock', equal: false } })
    expect(asked.data).toMatchObject({ stale: [lock], changes: [] })
    const homes = await world.json(['diff', 'left', 'right', '--home'])
    expect(homes).toMatchObject({ exitCode: 0, data: { level: 'home', equal: true } })
    expect(homes.data.stale).toEqual([{ ...lock, level: 'home' }])
    const english = await world.run(['diff', 'left', 'right', '--lock'])
    expect(english.stdout).toContain(`the lock of right is older than its spec (${model})`)
    const russian = await world.run(['diff', 'left', 'right', '--home', '--lang', 'ru'])
    expect(russian.stdout).toContain(
      'дом версии right устарел (модель checkpoints/two.safetensors)',
    )

    await world.json(['realize', 'right'])
    const again = await world.json(['diff', 'left', 'right'])
    expect(again.data).toMatchObject({ level: 'home', stale: [] })
    expect(again.data.changes).toMatchObject([{ part: 'model', change: 'added' }])
  }, 120_000)

  test('compares specs, locks and homes by their paths', async () => {
    const spec = join(world.versionsDir, 'main.json')
    const bySpec = await world.json(['diff', spec, 'main'])
    expect(bySpec.data).toMatchObject({ level: 'spec', equal: true, a: { kind: 'spec' } })
    const byLock = await world.json(['diff', lockFile('main'), 'main'])
    expect(byLock.data).toMatchObject({ level: 'lock', equal: true, a: { kind: 'lock' } })
    const byHome = await world.json(['diff', world.home('main'), 'main'])
    expect(byHome.data).toMatchObject({ level: 'home', equal: true, a: { kind: 'home' } })
    const mixed = await world.json(['diff', spec, lockFile('main')])
    expect(mixed).toMatchObject({ exitCode: 2, error: { code: 'DIFF_LEVEL' } })
  })

  test('of what is neither is told', async () => {
    const { exitCode, stderr } = await world.run(['diff', 'main', 'nobody', '--lang', 'ru'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('«nobody» — не версия')
    expect((await world.json(['diff', 'main', world.root])).error.code).toBe('DIFF_SIDE_UNKNOWN')
    const level = await world.json(['diff', 'main', 'other', '--home'])
    expect(level.error).toMatchObject({
      code: 'DIFF_LEVEL',
      params: { name: 'other', level: 'home' },
    })
    expect((await world.json(['diff', 'main', 'other', '--home', '--lock'])).error.code).toBe(
      'USAGE',
    )
  })

  test('sees a package that somebody changed in a home', async () => {
    const pinned = readFileSync(join(world.cacheRoot, 'resolved', 'pylock.main.toml'), 'utf8')
    const version = /name = "comfypin-test-alpha"\nversion = "([^"]+)"/.exec(pinned)?.[1]
    expect(version).toBeDefined()
    await world.json(['clone', 'main', 'bent', '--force'])
    await world.json(['realize', 'bent'])
    const site = join(world.home('bent'), '.venv', 'lib')
    const [python = ''] = readdirSync(site)
    const packages = join(site, python, 'site-packages')
    const info = readdirSync(packages).find((name) =>
      /^comfypin_test_alpha-.*dist-info$/.test(name),
    )
    renameSync(join(packages, info ?? ''), join(packages, 'comfypin_test_alpha-9.9.dist-info'))
    const { data } = await world.json(['diff', 'main', 'bent'])
    expect(data.changes).toEqual([
      {
        part: 'package',
        name: 'comfypin-test-alpha',
        change: 'changed',
        from: version,
        to: '9.9',
      },
    ])
  }, 120_000)
})

test('help of a command is asked for by name', async () => {
  const { exitCode, stdout } = await world.run(['help', 'diff'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^Usage: comfypin diff <id> <other>/m)
  expect((await world.run(['help'])).stdout).toMatch(/^ {2}create <id> \[repo\] /m)
  expect(await world.run(['help', 'dif', '--lang', 'ru'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('возможно, «diff»?'),
  })
})
