import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { difference, treeOf } from '../helpers/tree.ts'
import { createWorld, type World } from '../helpers/world.ts'

/** One version whose spec changes from test to test, always by one thing. */
let world: World
let spec: { custom_nodes: unknown[]; models: unknown[]; python_packages: string[] }

beforeAll(async () => {
  world = await createWorld()
  spec = {
    custom_nodes: [world.pack('good'), world.pack('prestartup')],
    models: [world.model('one.safetensors')],
    python_packages: ['comfypin-test-beta==1.0'],
  }
  world.writeSpec('main', spec)
  const { exitCode, data } = await world.json(['realize', 'main'])
  expect({ exitCode, changed: data.changed }).toEqual({ exitCode: 0, changed: true })
})

test('the first realize makes home, links, packages, model and lock', () => {
  const home = world.home('main')
  const good = world.repo('good').commits[0]
  expect(readlinkSync(join(home, 'custom_nodes/good'))).toMatch(new RegExp(`good@${good}$`))
  expect(existsSync(join(home, 'custom_nodes/good/__init__.py'))).toBe(true)
  expect(packages()).toEqual(
    expect.arrayContaining(['comfypin_test_alpha-2.0', 'comfypin_test_beta-1.0']),
  )
  expect(statSync(join(world.modelsDir, 'checkpoints/one.safetensors')).size).toBe(300_000)
  expect(readFileSync(join(home, 'extra_model_paths.yaml'), 'utf8')).toContain('checkpoints:')
  expect(readdirSync(home)).toEqual(
    expect.arrayContaining(['.comfypin.json', '.venv', 'input', 'models', 'output', 'user']),
  )
  expect(
    JSON.parse(readFileSync(join(world.cacheRoot, 'resolved/main.lock.json'), 'utf8')),
  ).toEqual(expect.objectContaining({ version_id: 'main', python_packages: spec.python_packages }))
})

test('a second realize does nothing: no request, no program, not one byte', async () => {
  const before = treeOf(world.root)
  const requests = requestCount()
  const nothing = { PATH: '/nowhere', COMFYPIN_UV: '/nowhere/uv' }
  const { exitCode, data } = await world.json(['realize', 'main'], nothing)
  expect({ exitCode, changed: data.changed, steps: data.steps }).toEqual({
    exitCode: 0,
    changed: false,
    steps: [],
  })
  expect(requestCount()).toBe(requests)
  expect(difference(before, treeOf(world.root))).toEqual([])
})

test('a plan of an unchanged version is empty, and needs neither network nor program', async () => {
  const requests = requestCount()
  const nothing = { PATH: '/nowhere', COMFYPIN_UV: '/nowhere/uv' }
  const { data } = await world.json(['realize', 'main', '--dry-run'], nothing)
  expect(data.changed).toBe(false)
  expect(data.steps.map(({ action }: { action: string }) => action)).toEqual(
    data.steps.map(() => expect.stringMatching(/^(reuse|present)$/)),
  )
  expect(requestCount()).toBe(requests)
})

test('a dry run names every change, with sizes, and writes nothing', async () => {
  world.writeSpec('planned', {
    custom_nodes: [world.pack('good'), world.pack('good', 1), world.pack('env')].map(
      (pack, index) => ({ ...pack, name: `pack${index}` }),
    ),
    models: [world.model('one.safetensors'), world.model('two.safetensors')],
  })
  const before = treeOf(world.root)
  const text = await world.run(['realize', 'planned', '--dry-run'])
  const json = await world.json(['realize', 'planned', '--dry-run'])
  expect(difference(before, treeOf(world.root))).toEqual([])
  expect(existsSync(world.home('planned'))).toBe(false)

  const steps = json.data.steps.map((step: Record<string, unknown>) => [
    ...[step['kind'], step['action']],
    step['pack'] ?? step['size'] ?? null,
  ])
  expect(steps).toEqual(
    expect.arrayContaining([
      ['checkout', 'reuse', null],
      ['checkout', 'reuse', 'pack0'],
      ['checkout', 'fetch', 'pack1'],
      ['checkout', 'clone', 'pack2'],
      ['model', 'present', 300_000],
      ['model', 'download', 200_000],
      ['venv', 'create', null],
      ['pack', 'place', 'pack2'],
    ]),
  )
  expect(json.data).toMatchObject({ dry_run: true, changed: true })
  expect(text.stdout).toMatch(/checkout +clone +pack2 +http.*env\.git@[0-9a-f]{12}/)
  expect(text.stdout).toMatch(/model +download .*two\.safetensors +195 KiB/)
  expect(text.stdout).toMatch(/model +present .*one\.safetensors/)
  expect(text.stdout).toContain('dry run: nothing was written')
})

test('another commit of one pack changes its link and what the home remembers, nothing else', async () => {
  const before = treeOf(world.root)
  spec.custom_nodes[0] = world.pack('good', 1)
  world.writeSpec('main', spec)
  const { data } = await world.json(['realize', 'main'])
  expect(data.packs).toContainEqual(expect.objectContaining({ name: 'good', ok: true, nodes: 1 }))
  const old = world.repo('good').commits[0]
  const checkout = readlinkSync(join(world.home('main'), 'custom_nodes/good'))
  expect(checkout).not.toContain(old)
  expect(changedSince(before)).toEqual([
    '~ cache/resolved/main.lock.json',
    '~ cache/resolved/pylock.main.toml',
    '~ homes/comfy-main/.comfypin.json',
    '~ homes/comfy-main/.venv/.comfypin-pylock.toml',
    '~ homes/comfy-main/custom_nodes/good',
    '~ versions/main.json',
  ])
})

test('one more model is all that is downloaded', async () => {
  const before = treeOf(world.root)
  const seen = world.files.requests.length
  spec.models.push(world.model('two.safetensors'))
  world.writeSpec('main', spec)
  await world.json(['realize', 'main'])
  expect(new Set(world.files.requests.slice(seen).map(({ path }) => path))).toEqual(
    new Set(['/two.safetensors']),
  )
  expect(changedSince(before)).toEqual([
    '~ cache/resolved/main.lock.json',
    '~ homes/comfy-main/.comfypin.json',
    expect.stringMatching(/^\+ models\/\.comfypin\/sources\//),
    '+ models/checkpoints/two.safetensors',
    '~ versions/main.json',
  ])
})

test('another version of one package changes that package alone', async () => {
  const before = treeOf(world.root)
  spec.python_packages = ['comfypin-test-beta==2.0']
  world.writeSpec('main', spec)
  await world.json(['realize', 'main'])
  expect(packages()).toContain('comfypin_test_beta-2.0')
  const inVenv = changedSince(before).filter((path) => path.includes('site-packages'))
  expect(inVenv.filter((path) => !path.includes('comfypin_test_beta'))).toEqual([])
  expect(packages()).not.toContain('comfypin_test_beta-1.0')
})

test('a pack that leaves the spec is unlinked, and its checkout stays in the cache', async () => {
  const checkout = readlinkSync(join(world.home('main'), 'custom_nodes/prestartup'))
  spec.custom_nodes = [world.pack('good', 1)]
  world.writeSpec('main', spec)
  await world.json(['realize', 'main'])
  expect(readdirSync(join(world.home('main'), 'custom_nodes'))).toEqual(['good'])
  expect(existsSync(`${checkout}.complete`)).toBe(true)
})

test('a deleted model is restored, without a checksum and without anything else', async () => {
  unlinkSync(join(world.modelsDir, 'checkpoints/one.safetensors'))
  const before = treeOf(world.root)
  const { data } = await world.json(['realize', 'main'])
  expect(data.changed).toBe(true)
  expect(changedSince(before)).toEqual([
    '~ homes/comfy-main/.comfypin.json',
    expect.stringMatching(/^~ models\/\.comfypin\/sources\//),
    '+ models/checkpoints/one.safetensors',
  ])
})

test.each([
  [
    'the links of its packs',
    (home: string) => rmSync(join(home, 'custom_nodes'), { recursive: true }),
  ],
  ['its venv', (home: string) => rmSync(join(home, '.venv'), { recursive: true })],
  [
    'a package',
    (home: string) =>
      rmSync(join(home, sitePackages(home), 'comfypin_test_alpha-2.0.dist-info'), {
        recursive: true,
      }),
  ],
  [
    'extra_model_paths.yaml',
    (home: string) => writeFileSync(join(home, 'extra_model_paths.yaml'), ''),
  ],
  ['the cache', () => renameSync(join(world.cacheRoot, 'checkouts'), join(world.root, 'gone'))],
])('a home that lost %s is repaired', async (_, damage) => {
  damage(world.home('main'))
  const repaired = await world.json(['realize', 'main'])
  expect(repaired).toMatchObject({ exitCode: 0, data: { changed: true } })
  expect(await world.json(['validate', 'main'])).toMatchObject({ data: { problems: [] } })
  expect(await world.json(['realize', 'main'])).toMatchObject({ data: { changed: false } })
})

test("the user's files survive, whatever changes", async () => {
  const mine = ['input/a.png', 'output/b.png', 'user/c.json', 'models/loras/d.safetensors', 'e.txt']
  for (const path of mine) writeFileSync(join(world.home('main'), path), path)
  spec.python_packages = []
  spec.custom_nodes = [world.pack('good')]
  world.writeSpec('main', spec)
  await world.json(['realize', 'main'])
  for (const path of mine) expect(readFileSync(join(world.home('main'), path), 'utf8')).toBe(path)
})

test("somebody's folder in a pack's place is reported and left alone", async () => {
  const path = join(world.home('main'), 'custom_nodes/good')
  unlinkSync(path)
  mkdirSync(path)
  writeFileSync(join(path, '__init__.py'), 'MINE = True\n')
  const { exitCode, stderr } = await world.run(['realize', 'main'])
  expect(exitCode).toBe(0)
  expect(stderr).toContain(`${path} was not made by comfypin and hides pack good`)
  expect(readFileSync(join(path, '__init__.py'), 'utf8')).toBe('MINE = True\n')

  world.writeSpec('main', { ...spec, custom_nodes: [] })
  expect(await world.run(['realize', 'main'])).toMatchObject({ exitCode: 0 })
  expect(readFileSync(join(path, '__init__.py'), 'utf8')).toBe('MINE = True\n')

  rmSync(path, { recursive: true })
  world.writeSpec('main', spec)
  await world.run(['realize', 'main'])
  expect(lstatSync(path).isSymbolicLink()).toBe(true)
})

test('a link that leads elsewhere is somebody else’s too', async () => {
  const path = join(world.home('main'), 'custom_nodes/good')
  unlinkSync(path)
  symlinkSync(world.root, path)
  const { stderr } = await world.run(['realize', 'main'])
  expect(stderr).toContain(`${path} was not made by comfypin`)
  expect(readlinkSync(path)).toBe(world.root)
  unlinkSync(path)
  expect(await world.run(['realize', 'main'])).toMatchObject({
    exitCode: 0,
    stderr: expect.not.stringContaining('warning'),
  })
})

test('a folder with content that is not ours is refused and stays as it is', async () => {
  world.writeSpec('foreign')
  const target = join(world.root, 'mine')
  mkdirSync(target)
  writeFileSync(join(target, 'thesis.txt'), 'years of work')
  const before = treeOf(target)
  for (const args of [
    ['realize', 'foreign'],
    ['realize', 'foreign', '--dry-run'],
  ]) {
    const refused = await world.json([...args, '--target', target])
    expect(refused).toMatchObject({ exitCode: 1, error: { code: 'HOME_FOREIGN' } })
  }
  expect(difference(before, treeOf(target))).toEqual([])
})

test("another version's home is refused", async () => {
  const refused = await world.json(['realize', 'foreign', '--target', world.home('main')])
  expect(refused).toMatchObject({
    exitCode: 1,
    error: { code: 'HOME_OTHER_VERSION', params: { other: 'main', id: 'foreign' } },
  })
})

test('a second version shares core, packs, packages and models with the first', async () => {
  const checkouts = readdirSync(checkoutsDir()).toSorted()
  const requests = requestCount()
  world.writeSpec('twin', { ...spec, models: [world.model('one.safetensors')] })
  const { exitCode, data } = await world.json(['realize', 'twin'])
  expect(exitCode).toBe(0)
  expect(requestCount()).toBe(requests)
  expect(readdirSync(checkoutsDir()).toSorted()).toEqual(checkouts)
  expect(data.steps).not.toContainEqual(expect.objectContaining({ kind: 'check' }))
  const alpha = (id: string) =>
    statSync(join(world.home(id), sitePackages(world.home(id)), 'comfypin_test_alpha.py')).ino
  expect(alpha('twin')).toBe(alpha('main'))
})

test('a checkout that somebody changed is made again for a new version, and the changes are kept', async () => {
  const checkout = readlinkSync(join(world.home('main'), 'custom_nodes/good'))
  const source = readFileSync(join(checkout, '__init__.py'), 'utf8')
  writeFileSync(join(checkout, '__init__.py'), `${source}# mine\n`)
  writeFileSync(join(checkout, 'notes.txt'), 'mine')
  world.writeSpec('next', spec)
  const { data } = await world.json(['realize', 'next', '--dry-run'])
  expect(data.steps).toContainEqual(expect.objectContaining({ pack: 'good', action: 'repair' }))
  expect(existsSync(join(checkout, 'notes.txt'))).toBe(true)
  const { exitCode, stderr } = await world.run(['realize', 'next'])
  expect(exitCode).toBe(0)
  expect(stderr).toContain(`${checkout} was changed (__init__.py, notes.txt)`)
  expect(readFileSync(join(checkout, '__init__.py'), 'utf8')).toBe(source)
  expect(readdirSync(join(checkout, '__pycache__'))).toHaveLength(1)
  const [kept = ''] = readdirSync(join(world.cacheRoot, 'kept'))
  expect(readdirSync(join(world.cacheRoot, 'kept', kept)).toSorted()).toEqual([
    '__init__.py',
    'notes.txt',
  ])
  expect((await world.json(['validate', 'next'])).data.problems).toEqual([])
})

test('a variable in a target is looked at again every time', async () => {
  const source = `${world.files.url}/one.safetensors`
  world.writeSpec('variable', { models: [{ source, target_path: '$MODELS_DIR/loras/$STYLE/' }] })
  for (const style of ['oil', 'ink', 'ink']) {
    expect((await world.json(['realize', 'variable'], { STYLE: style })).exitCode).toBe(0)
    expect(existsSync(join(world.modelsDir, 'loras', style, 'one.safetensors'))).toBe(true)
  }
})

test('an install.py is told, and not run', async () => {
  world.writeSpec('script', { custom_nodes: [world.pack('script')] })
  const { exitCode, stderr } = await world.run(['realize', 'script'])
  expect(exitCode).toBe(0)
  expect(stderr).toContain('pack script has an install.py; it is not run')
  const checkout = readlinkSync(join(world.home('script'), 'custom_nodes/script'))
  expect(readdirSync(checkout)).not.toContain('installed.txt')
})

test('the environment of the spec holds for the install steps', async () => {
  world.writeSpec('env', { env: { UV_FIND_LINKS: '${NOWHERE}/nothing' } })
  const failed = await world.json(['realize', 'env'], { NOWHERE: world.root })
  expect(failed).toMatchObject({ exitCode: 1, error: { code: expect.stringMatching(/^PYTHON_/) } })
  expect(existsSync(join(world.home('env'), '.comfypin.json'))).toBe(false)
  world.writeSpec('env', { env: { COMFY_PYTHON: '/nowhere/python' } })
  expect(await world.json(['realize', 'env'])).toMatchObject({
    exitCode: 2,
    error: { code: 'PYTHON_NOT_FOUND' },
  })
})

test('a variable of the environment that nobody set is told each time, and stops nothing', async () => {
  world.writeSpec('unset', { env: { HF_TOKEN: '${MY_TOKEN}', PLACE: '/data/${MY_PLACE}' } })
  const told = async (command: string, env = {}) => {
    const { exitCode, stderr } = await world.run([command, 'unset'], env)
    expect({ command, exitCode }).toEqual({ command, exitCode: 0 })
    return stderr.match(/the variable .* becomes empty/g) ?? []
  }
  const both = [
    'the variable MY_TOKEN in env.HF_TOKEN is not set and becomes empty',
    'the variable MY_PLACE in env.PLACE is not set and becomes empty',
  ]
  expect(await told('resolve')).toEqual(both)
  expect(await told('realize')).toEqual(both)
  expect(await told('realize')).toEqual(both) // there is nothing to do, and yet
  expect(await told('realize', { MY_TOKEN: '', MY_PLACE: 'here' })).toEqual([])
  const { stderr } = await world.run(['realize', 'unset', '--lang', 'ru'])
  expect(stderr).toContain('переменная MY_TOKEN в env.HF_TOKEN не задана')
})

test('packs that ask for packages which exclude each other are named', async () => {
  world.writeSpec('clash', { custom_nodes: [world.pack('good'), world.pack('clash')] })
  const { exitCode, error } = await world.json(['realize', 'clash'])
  expect(exitCode).toBe(1)
  expect(error.code).toBe('PYTHON_CONFLICT')
  expect(error.params.owners).toMatch(/good/)
  expect(error.params.owners).toMatch(/clash/)
  expect(existsSync(join(world.home('clash'), '.comfypin.json'))).toBe(false)
  world.writeSpec('clash', {
    custom_nodes: [world.pack('good'), { ...world.pack('clash'), install_requirements: false }],
  })
  expect(await world.json(['realize', 'clash'])).toMatchObject({ exitCode: 0 })
})

test('skip_models leaves the models out, and the version counts as ready', async () => {
  world.writeSpec('bare', {
    models: [{ source: 'https://example.invalid/never.safetensors' }],
    options: { skip_models: true },
  })
  expect(await world.json(['realize', 'bare'])).toMatchObject({
    exitCode: 0,
    data: { changed: true },
  })
  expect(await world.json(['realize', 'bare'])).toMatchObject({
    data: { changed: false, steps: [] },
  })
  expect(await world.json(['validate', 'bare'])).toMatchObject({ data: { problems: [] } })
})

test.each([
  ['a flag', ['--skip-models'], {}],
  ['a variable', [], { COMFY_SKIP_MODELS: '1' }],
])('%s leaves the models out as well, and the smoke test with them', async (name, flags, env) => {
  const id = name.replace(' ', '-')
  const model = { ...world.model('two.safetensors'), name: `${id}.safetensors` }
  world.writeSpec(id, { models: [model] })
  const seen = world.files.requests.length
  const { data } = await world.json(['realize', id, ...flags], env)
  expect(data.steps).toContainEqual(expect.objectContaining({ kind: 'model', action: 'skip' }))
  expect(await world.json(['test', id, ...flags], env)).toMatchObject({ exitCode: 0 })
  expect(world.files.requests.length).toBe(seen)
  const dry = await world.json(['realize', id, '--dry-run'])
  const wanted = { kind: 'model', action: expect.stringMatching(/^(download|link)$/) }
  expect(dry.data.steps).toContainEqual(expect.objectContaining(wanted))
})

test('validate finds what happened to a model, and its bytes when asked to hash them', async () => {
  const bytes = Buffer.alloc(300_000, 'one ')
  const checksum = createHash('md5').update(bytes).digest('hex')
  world.writeSpec('sums', {
    models: [{ ...world.model('one.safetensors'), checksum: `md5:${checksum}` }],
  })
  const own = { MODELS_DIR: join(world.root, 'own-models') }
  expect(await world.json(['realize', 'sums'], own)).toMatchObject({ exitCode: 0 })
  const file = join(own.MODELS_DIR, 'checkpoints/one.safetensors')
  const problems = async (...flags: string[]) => {
    const { exitCode, data } = await world.json(['validate', 'sums', ...flags], own)
    return [exitCode, ...data.problems.map(({ code }: { code: string }) => code)]
  }
  expect(await problems('--checksums')).toEqual([0])
  writeFileSync(file, Buffer.alloc(bytes.length, 'bad '))
  expect(await problems('--checksums')).toEqual([1, 'MODEL_CHECKSUM'])
  writeFileSync(file, 'short')
  expect(await problems()).toContain('MODEL_SIZE')
  expect(readFileSync(file, 'utf8')).toBe('short')
  unlinkSync(file)
  expect(await problems()).toContain('MODEL_MISSING')
})

test('a core too old for --base-directory runs from a private tree', async () => {
  const { url, commits } = world.repo('core')
  world.writeSpec('old', {
    comfy: { repo: url, commit: commits[1] },
    custom_nodes: [world.pack('good')],
  })
  const { exitCode, data } = await world.json(['realize', 'old'])
  expect(exitCode).toBe(0)
  expect(data.packs).toEqual([expect.objectContaining({ name: 'good', ok: true, nodes: 1 })])
  const home = world.home('old')
  expect(readlinkSync(join(home, 'core/custom_nodes'))).toBe(join(home, 'custom_nodes'))
  const smoke = await world.json(['test', 'old'])
  expect(smoke).toMatchObject({ exitCode: 0, data: { workflow: 'image', artifacts: 1 } })
  expect(await world.json(['validate', 'old'])).toMatchObject({ data: { problems: [] } })
})

/** What changed below the world's root, apart from new checkouts and the stores they come from. */
function changedSince(before: ReadonlyMap<string, string>): string[] {
  return difference(before, treeOf(world.root)).filter(
    (line) => !/^. cache\/(git|checkouts|locks|bytecode)\//.test(line),
  )
}

function requestCount(): number {
  return world.git.requests.length + world.files.requests.length
}

function checkoutsDir(): string {
  const checkouts = join(world.cacheRoot, 'checkouts')
  return join(checkouts, readdirSync(checkouts)[0] ?? '')
}

function packages(): string[] {
  const home = world.home('main')
  return readdirSync(join(home, sitePackages(home)))
    .filter((name) => name.endsWith('.dist-info'))
    .map((name) => name.slice(0, -'.dist-info'.length))
}

function sitePackages(home: string): string {
  return join('.venv/lib', readdirSync(join(home, '.venv/lib'))[0] ?? '', 'site-packages')
}
