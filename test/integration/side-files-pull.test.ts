import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRepo } from '../helpers/git-repo.ts'
import { startRegistryServer, type RegistryServer } from '../helpers/registry-server.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { difference, treeOf } from '../helpers/tree.ts'
import { createWorld, type World } from '../helpers/world.ts'

const ONE = 300_000
const TWO = 200_000

let world: World
let registry: RegistryServer
let seen = { files: 0, git: 0 }

beforeAll(async () => {
  world = await createWorld()
  createRepo(join(world.root, 'repos/mono.git'), {
    files: { 'packs/one/__init__.py': nodeModule('MonoOne') },
  })
  registry = await startRegistryServer({
    'kj-nodes': { versions: { '1.0.0': { files: { '__init__.py': nodeModule('Kj') } } } },
  })
  world.env['COMFYPIN_REGISTRY_ENDPOINT'] = registry.url
})

/** As if the machine were new. */
beforeEach(() => {
  for (const dir of [world.modelsDir, world.versionsDir, join(world.root, 'lists')])
    rmSync(dir, { recursive: true, force: true })
  for (const part of ['resolved', 'git', 'checkouts', 'archives'])
    rmSync(join(world.cacheRoot, part), { recursive: true, force: true })
  for (const dir of [world.versionsDir, join(world.root, 'lists')]) mkdirSync(dir)
  world.files.faults = []
  seen = { files: world.files.requests.length, git: world.git.requests.length }
})

function list(name: string, text: string): string {
  const file = join(world.root, 'lists', name)
  writeFileSync(file, text)
  return file
}

const source = (name: string) => `${world.files.url}/${name}`
const at = (path: string) => join(world.modelsDir, path)
const requests = () => world.files.requests.slice(seen.files)

describe('models of a file', () => {
  const sum = createHash('sha256').update(Buffer.alloc(ONE, 'one ')).digest('hex')
  const yaml = () => `models:
  - source: ${source('one.safetensors')}
    target_subdir: checkpoints
    checksum: sha256:${sum}
  - { source: '${source('two.safetensors')}', target_path: '$MODELS_DIR/loras/other.safetensors' }
`

  test('are brought into the store, without a version, a home or a repository', async () => {
    const file = list('studio.yml', yaml())
    const { exitCode, data } = await world.json(['models', 'pull', file])
    expect({ exitCode, notes: data.notes }).toEqual({ exitCode: 0, notes: [] })
    expect(data).toMatchObject({
      ...{ version_id: null, models_dir: world.modelsDir, dry_run: false, changed: true },
      models: [
        { action: 'download', path: at('checkpoints/one.safetensors'), present: true, size: ONE },
        { action: 'download', path: at('loras/other.safetensors'), present: true, size: TWO },
      ],
    })
    expect(statSync(at('loras/other.safetensors')).size).toBe(TWO)
    expect(world.git.requests.slice(seen.git)).toEqual([])
    expect(existsSync(join(world.root, 'homes'))).toBe(false)
    expect(existsSync(join(world.cacheRoot, 'resolved'))).toBe(false)
  })

  test('are there for every version that names their sources, with no request at all', async () => {
    await world.json(['models', 'pull', list('studio.yml', yaml())])
    const before = requests().length
    world.writeSpec('later', { models: [world.model('one.safetensors')] })
    const { data } = await world.json(['models', 'pull', 'later'])
    expect(data).toMatchObject({ version_id: 'later', models: [{ action: 'present' }] })
    const again = await world.json(['models', 'pull', join(world.root, 'lists/studio.yml')])
    expect(again.data).toMatchObject({ changed: false })
    expect(requests()).toHaveLength(before)
  })

  test('are shown by a dry run, which writes nothing', async () => {
    const file = list('studio.yml', yaml())
    const before = treeOf(world.root)
    const { exitCode, data } = await world.json(['models', 'pull', file, '--dry-run'])
    expect(exitCode).toBe(0)
    expect(data).toMatchObject({
      dry_run: true,
      models: [{ action: 'download', present: false, missing: ONE }, { missing: TWO }],
    })
    const { stdout } = await world.run(['models', 'pull', file, '--dry-run', '--lang', 'ru'])
    expect(stdout).toMatch(/скачать .*one[\s\S]*передать: .*\nпробный запуск/)
    expect(difference(before, treeOf(world.root))).toEqual([])
  })

  test('are all judged before the first one is fetched', async () => {
    const bad = list('bad.json', JSON.stringify([{ source: 'nope://x' }, { checksum: 'sha256:1' }]))
    const files = [list('studio.yml', yaml()), bad, join(world.root, 'lists/absent.yml')]
    const { exitCode, error } = await world.json(['models', 'pull', ...files])
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'ARGUMENT_INVALID' })
    const lines: string[] = error.params.problems.split('\n')
    expect(lines).toContainEqual(
      expect.stringMatching(/bad\.json \$\.models\[1\]\.source: expected string/),
    )
    expect(lines).toContainEqual(expect.stringMatching(/absent\.yml: expected a file$/))
    expect(requests()).toEqual([])
    expect(existsSync(world.modelsDir)).toBe(false)
  })

  test('of two files that want one place for two sources are a problem with both names', async () => {
    const target = 'target_path: loras/same.safetensors'
    const one = list('one.yml', `- { source: '${source('one.safetensors')}', ${target} }`)
    const two = list('two.yml', `- { source: '${source('two.safetensors')}', ${target} }`)
    const { error } = await world.json(['models', 'pull', one, two])
    expect(error.params.problems).toMatch(/two\.yml \$\.models\[0\]: expected another target/)
    expect(requests()).toEqual([])
  })

  test('that cannot come do not stop the others', async () => {
    const file = list(
      'some.yml',
      `- ${source('absent.safetensors')}\n- ${source('two.safetensors')}`,
    )
    const { exitCode, data } = await world.json(['models', 'pull', file])
    expect(exitCode).toBe(1)
    expect(data.models).toMatchObject([
      { present: false, problem: expect.stringContaining('answers 404') },
      { present: true, problem: null },
    ])
  })

  test('for the folder of a pack wait in the store until a home links them', async () => {
    const target = '$COMFY_HOME/custom_nodes/good/weights.safetensors'
    const file = list(
      'inside.yml',
      `- { source: '${source('one.safetensors')}', path: '${target}' }`,
    )
    const { data } = await world.json(['models', 'pull', file])
    expect(statSync(data.models[0].path).size).toBe(ONE)
    expect(data.models[0].path.startsWith(at('.comfypin/files/'))).toBe(true)
    const before = requests().length
    world.writeSpec('inside', { models: [{ source: source('one.safetensors'), path: target }] })
    expect((await world.json(['models', 'pull', 'inside'])).data.models).toMatchObject([
      { action: 'present' },
    ])
    expect(requests()).toHaveLength(before)
  })

  test('may stand in a whole spec; other parts and unknown keys are told', async () => {
    const models = [{ ...world.model('one.safetensors'), colour: 'red' }]
    const file = list('spec.json', JSON.stringify({ custom_nodes: [], models }))
    const { stdout, stderr, exitCode } = await world.run(['models', 'pull', file])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`${file}: other parts of the file are not taken: custom_nodes`)
    expect(stderr).toContain(`${file}: unknown key $.models[0].colour is ignored`)
  })
})

describe('models by their sources', () => {
  test('go into the folder that --subdir names, unless they name their own', async () => {
    const other = `source=${source('two.safetensors')},subdir=vae,name=mine.safetensors`
    const { exitCode, data } = await world.json([
      ...['models', 'pull', source('one.safetensors'), other, '--subdir', 'loras'],
    ])
    expect({ exitCode, notes: data.notes }).toEqual({ exitCode: 0, notes: [] })
    expect(statSync(at('loras/one.safetensors')).size).toBe(ONE)
    expect(statSync(at('vae/mine.safetensors')).size).toBe(TWO)
  })

  test('may be files of this machine, relative to where the command runs', async () => {
    const file = join(world.root, 'lists/local.pt')
    writeFileSync(file, 'weights')
    const { exitCode, data } = await world.json([
      ...['models', 'pull', file, `file://${file}`, '--subdir', 'loras', '--offline'],
    ])
    expect({ exitCode, count: data.models.length }).toEqual({ exitCode: 0, count: 1 })
    expect(readFileSync(at('loras/local.pt'), 'utf8')).toBe('weights')
  })

  test('without a folder come to the top of the store, with a note', async () => {
    const { exitCode, stdout } = await world.run(['models', 'pull', source('one.safetensors')])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('no loader looks at the top of the model store')
    expect(statSync(at('one.safetensors')).size).toBe(ONE)
  })

  test('never show the login of an address', async () => {
    const address = source('one.safetensors').replace('//', '//me:secret@')
    const pulled = await world.run(['models', 'pull', `${address}?token=abcdef`, '--json'])
    expect(pulled.exitCode).toBe(0)
    const refused = await world.run(['models', 'pull', `${address} name=x`, 'nope://me:secret@x'])
    expect(refused.exitCode).not.toBe(0)
    expect(JSON.stringify([pulled, refused])).not.toMatch(/secret|abcdef/)
  })

  test('need a store: without MODELS_DIR, a volume or a home it is asked for', async () => {
    const none = { MODELS_DIR: undefined, RUNPOD_VOLUME_ROOT: '/nowhere' }
    const args = ['models', 'pull', source('one.safetensors')]
    const { exitCode, stderr } = await world.run(args, none)
    expect({ exitCode, asked: requests() }).toEqual({ exitCode: 2, asked: [] })
    expect(stderr).toContain('set MODELS_DIR or give --models-dir')
    const home = join(world.root, 'a-home')
    const { data } = await world.json([...args, '--target', home], none)
    expect(data.models_dir).toBe(join(home, 'models'))
  })

  test('are not mixed with versions', async () => {
    world.writeSpec('first', { models: [] })
    const both = await world.run(['models', 'pull', 'first', source('one.safetensors')])
    const two = await world.run(['models', 'pull', 'first', 'second'])
    expect([both.exitCode, two.exitCode, requests()]).toEqual([2, 2, []])
    expect(both.stderr).toContain('cannot be pulled together: first, http')
    expect(two.stderr).toContain('one version at a time: first, second')
  })
})

describe('packs of a file', () => {
  const packs = () => [
    world.pack('good'),
    { repo: world.repo('writer').url },
    { repo: `${world.git.url}/mono.git`, subdir: 'packs/one' },
    { registry: 'kj-nodes' },
  ]

  test('come into the cache, and a version with their pins fetches nothing any more', async () => {
    const file = list('nodes.json', JSON.stringify({ custom_nodes: packs() }))
    const { exitCode, data } = await world.json(['nodes', 'pull', file])
    expect(exitCode).toBe(0)
    expect(data).toMatchObject({
      ...{ checkouts: join(world.cacheRoot, 'checkouts'), changed: true, dry_run: false },
      packs: [
        { name: 'good', action: 'clone', commit: world.repo('good').commits[0], present: true },
        { name: 'writer', action: 'clone', commit: world.repo('writer').commits.at(-1) },
        { name: 'one', subdir: 'packs/one', present: true },
        { name: 'kj-nodes', registry: { id: 'kj-nodes', version: '1.0.0' }, present: true },
      ],
    })
    for (const { path } of data.packs) expect(existsSync(join(path, '__init__.py'))).toBe(true)
    const asked = [world.git.requests.length, registry.requests.length]
    const again = await world.json(['nodes', 'pull', world.repo('good').url + '@' + goodCommit()])
    expect(again.data).toMatchObject({ changed: false, packs: [{ action: 'reuse' }] })
    world.writeSpec('uses', { custom_nodes: [world.pack('good')] })
    const plan = await world.json(['realize', 'uses', '--dry-run', '--offline'])
    expect(plan.error?.code ?? 'planned').toBe('OFFLINE_NO_CORE')
    expect([world.git.requests.length, registry.requests.length]).toEqual(asked)
  })

  const goodCommit = () => world.repo('good').commits[0] ?? ''

  test('are shown by a dry run, which writes nothing', async () => {
    const file = list('nodes.yml', JSON.stringify(packs()))
    const before = treeOf(world.root)
    const { exitCode, data } = await world.json(['nodes', 'pull', file, '--dry-run'])
    expect({ exitCode, dry: data.dry_run }).toEqual({ exitCode: 0, dry: true })
    expect(data.packs.map(({ action }: { action: string }) => action)).toEqual([
      ...['clone', 'clone', 'clone', 'download'],
    ])
    const { stdout } = await world.run(['nodes', 'pull', file, '--dry-run', '--lang', 'ru'])
    expect(stdout).toMatch(/клонировать +good [\s\S]*пробный запуск: ничего не записано/)
    expect(difference(before, treeOf(world.root))).toEqual([])
  })

  test('that cannot come do not stop the others', async () => {
    const url = world.repo('good').url
    const { exitCode, data } = await world.json([
      ...['nodes', 'pull', `${world.git.url}/absent.git`, `${url}@no-such-branch`, url],
    ])
    expect(exitCode).toBe(1)
    expect(data.packs).toMatchObject([
      { name: 'good', present: true, problem: null },
      { name: 'absent', present: false, path: null, problem: expect.any(String) },
      { name: 'good', present: false, problem: expect.stringContaining('no-such-branch') },
    ])
  })

  test('may be the same pack with several pins', async () => {
    const { url, commits } = world.repo('writer')
    const pins = [0, 1].map((number) => `${url}@${commits[number]}`)
    const { exitCode, data } = await world.json(['nodes', 'pull', ...pins, pins[0] ?? ''])
    expect({ exitCode, count: data.packs.length }).toEqual({ exitCode: 0, count: 2 })
    for (const { path, commit } of data.packs) expect(path.endsWith(`@${commit}`)).toBe(true)
  })

  test('are all judged before the first one is fetched', async () => {
    const bad = list('bad.json', JSON.stringify([{ repo: '' }, 7]))
    const { exitCode, error } = await world.json(['nodes', 'pull', world.repo('good').url, bad])
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'ARGUMENT_INVALID' })
    expect(error.params.problems).toMatch(/bad\.json: expected \[1\]: an object or a text/)
    expect(error.params.problems).toMatch(/bad\.json \$\.custom_nodes\[0\]\.repo: expected/)
    expect(world.git.requests.slice(seen.git)).toEqual([])
  })

  test('offline are what the cache has; the rest is told', async () => {
    const { url, commits } = world.repo('good')
    await world.json(['nodes', 'pull', `${url}@${commits[0]}`])
    const before = world.git.requests.length
    const { exitCode, data } = await world.json([
      ...['nodes', 'pull', `${url}@${commits[0]}`, world.repo('writer').url, '--offline'],
    ])
    expect(exitCode).toBe(1)
    expect(data.packs).toMatchObject([
      { name: 'good', action: 'reuse', present: true },
      { name: 'writer', action: 'missing', commit: null, present: false },
    ])
    expect(world.git.requests).toHaveLength(before)
  })
})
