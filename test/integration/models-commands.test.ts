import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startFileServer, type FileServer } from '../helpers/file-server.ts'
import { treeOf } from '../helpers/tree.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

const ONE = 300_000
const TWO = 200_000

let world: World
let seen = { files: 0, git: 0 }

beforeAll(async () => {
  world = await createWorld()
})

/** As if the machine were new; a whole world for each test would take seconds. */
beforeEach(() => {
  for (const dir of [world.modelsDir, world.versionsDir, join(world.cacheRoot, 'resolved')])
    rmSync(dir, { recursive: true, force: true })
  mkdirSync(world.versionsDir)
  world.files.faults = []
  seen = { files: world.files.requests.length, git: world.git.requests.length }
  world.writeSpec('both', {
    models: [world.model('one.safetensors'), world.model('two.safetensors')],
  })
  world.writeSpec('first', { models: [world.model('one.safetensors')] })
})

/** Of this test. */
const requests = () => world.files.requests.slice(seen.files)

function at(path: string): string {
  return join(world.modelsDir, path)
}

function put(path: string, bytes: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

describe('models size', () => {
  test('tells what is missing without fetching or asking for a repository', async () => {
    const before = treeOf(world.root)
    const { exitCode, data } = await world.json(['models', 'size', 'both'])
    expect(exitCode).toBe(0)
    expect(data).toMatchObject({ total: ONE + TWO, missing: ONE + TWO, unknown: 0 })
    expect(data.models[0]).toMatchObject({
      category: 'checkpoints',
      path: at('checkpoints/one.safetensors'),
      ...{ size: ONE, present: false, missing: ONE, problem: null },
    })
    expect(requests().map(({ method }) => method)).toEqual(['HEAD', 'HEAD'])
    expect(world.git.requests.slice(seen.git)).toEqual([])
    expect(treeOf(world.root)).toEqual(before)
  })

  test('counts a source that is named twice once, and what arrived earlier not at all', async () => {
    const again = { ...world.model('one.safetensors'), name: 'again.safetensors' }
    world.writeSpec('twice', { models: [world.model('one.safetensors'), again] })
    put(at('checkpoints/one.safetensors.part'), Buffer.alloc(100_000, 1))
    const { data } = await world.json(['models', 'size', 'twice'])
    expect(data.total).toBe(ONE)
    expect(data.missing).toBeLessThanOrEqual(200_000)
  })

  test('says why a size is not known, and in which language', async () => {
    world.writeSpec('bad', { models: [world.model('absent.safetensors')] })
    const { data } = await world.json(['models', 'size', 'bad'])
    expect(data).toMatchObject({ unknown: 1, missing: 0 })
    expect(data.models[0]).toMatchObject({ size: null, missing: null })
    expect(data.models[0].problem).toContain('answers 404')
    const { stdout } = await world.run(['models', 'size', 'bad', '--lang', 'ru'])
    expect(stdout).toMatch(/размер неизвестен[\s\S]*отвечает 404[\s\S]*неизвестного размера: 1/)
  })

  test('asks nobody when it is offline', async () => {
    const { data } = await world.json(['models', 'size', 'both', '--offline'])
    expect(data).toMatchObject({ unknown: 2 })
    expect(requests()).toEqual([])
  })
})

describe('models pull', () => {
  test('brings the models and nothing else; the second time there is nothing to do', async () => {
    const { exitCode, data } = await world.json(['models', 'pull', 'both'])
    expect(exitCode).toBe(0)
    expect(data.models).toMatchObject([
      { action: 'download', present: true, missing: 0, size: ONE },
      { action: 'download', present: true },
    ])
    expect(statSync(at('checkpoints/two.safetensors')).size).toBe(TWO)
    expect(world.git.requests.slice(seen.git)).toEqual([])
    expect(existsSync(world.home('both'))).toBe(false)
    const before = requests().length
    const again = await world.json(['models', 'pull', 'both'])
    expect(again.data).toMatchObject({ changed: false, models: [{ action: 'present' }, {}] })
    expect(requests()).toHaveLength(before)
  })

  test('goes where --models-dir says', async () => {
    const dir = join(tempDir(), 'elsewhere')
    const { data } = await world.json(['models', 'pull', 'first', '--models-dir', dir])
    expect(data.models_dir).toBe(dir)
    expect(statSync(join(dir, 'checkpoints/one.safetensors')).size).toBe(ONE)
    expect(existsSync(world.modelsDir)).toBe(false)
  })

  test('a second target of one source is a link, fetched once', async () => {
    const again = { ...world.model('one.safetensors'), name: 'again.safetensors' }
    world.writeSpec('twice', { models: [world.model('one.safetensors'), again] })
    const { data } = await world.json(['models', 'pull', 'twice'])
    expect(data.models).toMatchObject([{ action: 'download' }, { action: 'link', missing: 0 }])
    expect(requests().filter(({ method, range }) => method === 'GET' && !range)).toHaveLength(1)
    expect(readFileSync(at('checkpoints/again.safetensors')).length).toBe(ONE)
  })

  test('one model that cannot come does not stop the others', async () => {
    world.writeSpec('long', { models: [{ source: `./${'x'.repeat(300)}.pt`, name: 'a.pt' }] })
    expect((await world.json(['models', 'pull', 'long'])).data.models).toMatchObject([
      { present: false, problem: expect.stringContaining('does not exist') },
    ])
    world.writeSpec('some', {
      models: [world.model('absent.safetensors'), world.model('two.safetensors')],
    })
    const { exitCode, data, ok } = await world.json(['models', 'pull', 'some'])
    expect({ exitCode, ok }).toEqual({ exitCode: 1, ok: false })
    expect(data.models).toMatchObject([
      { present: false, problem: expect.stringContaining('answers 404') },
      { present: true, problem: null },
    ])
  })

  test('as many at once as the setting allows', async () => {
    const waits = { COMFYPIN_DOWNLOADS: '1', COMFYPIN_STALL_TIMEOUT: '0.3' }
    world.files.faults = [{ path: '/one.safetensors', method: 'GET', hang: true, times: 1 }]
    expect(await world.json(['models', 'pull', 'both'], waits)).toMatchObject({ exitCode: 0 })
    const downloads = requests().filter(({ method }) => method === 'GET')
    expect(downloads.map(({ path }) => path)).toEqual([
      ...['/one.safetensors', '/one.safetensors', '/two.safetensors'],
    ])
  })

  test('offline it says what is missing and touches nothing', async () => {
    const { exitCode, stderr } = await world.run(['models', 'pull', 'first', '--offline'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('offline: model')
    expect(requests()).toEqual([])
  })

  test('a quota that the models do not fit into is told before the first byte', async () => {
    const quota = { RUNPOD_VOLUME_ROOT: world.root, RUNPOD_VOLUME_QUOTA_BYTES: '400000' }
    const refused = await world.json(['models', 'pull', 'both'], quota)
    expect(refused).toMatchObject({ exitCode: 1, error: { code: 'DISK_FULL' } })
    expect(requests().map(({ method }) => method)).toEqual(['HEAD', 'HEAD'])
    const forced = await world.json(['models', 'pull', 'both', '--skip-space-check'], quota)
    expect(forced.exitCode).toBe(0)
  })

  test('a model of a pack comes into the store; its link waits for the home', async () => {
    const target_path = '$COMFY_HOME/custom_nodes/good/weights.safetensors'
    const source = `${world.files.url}/one.safetensors`
    world.writeSpec('inside', { models: [{ source, target_path }] })
    expect(await world.json(['models', 'pull', 'inside'])).toMatchObject({ exitCode: 0 })
    expect(existsSync(world.home('inside'))).toBe(false)
    const again = await world.json(['models', 'pull', 'inside'])
    expect(again.data).toMatchObject({ changed: false, models: [{ action: 'present' }] })
    expect((await world.json(['models', 'verify', 'inside'])).data.models[0].state).toBe('ok')
  })
})

describe('models verify', () => {
  beforeEach(async () => {
    const hex = createHash('sha256').update(Buffer.alloc(ONE, 'one ')).digest('hex')
    const one = { ...world.model('one.safetensors'), checksum: `sha256:${hex}` }
    world.writeSpec('both', { models: [one, world.model('two.safetensors')] })
    await world.json(['models', 'pull', 'both'])
  })

  test('checks what is known: a checksum, or else the size', async () => {
    const { exitCode, data } = await world.json(['models', 'verify', 'both'])
    expect(exitCode).toBe(0)
    expect(data.models).toMatchObject([
      { state: 'ok', checked: 'sha256' },
      { state: 'ok', checked: 'size' },
    ])
  })

  test('finds damage of every kind, and repairs it when asked', async () => {
    const [one, two] = [at('checkpoints/one.safetensors'), at('checkpoints/two.safetensors')]
    const bytes = readFileSync(one)
    writeFileSync(one, Buffer.alloc(ONE, 'bad '))
    rmSync(two)
    const found = await world.json(['models', 'verify', 'both'])
    expect(found.exitCode).toBe(1)
    expect(found.data.models).toMatchObject([{ state: 'checksum' }, { state: 'missing' }])
    const repaired = await world.json(['models', 'verify', 'both', '--repair'])
    expect(repaired.exitCode).toBe(0)
    expect(repaired.data.models).toMatchObject([{ state: 'repaired' }, { state: 'repaired' }])
    expect(readFileSync(one).equals(bytes)).toBe(true)
    writeFileSync(two, 'short')
    const short = await world.json(['models', 'verify', 'both'])
    expect(short.data.models[1]).toMatchObject({ state: 'size', checked: 'size' })
    await world.json(['models', 'verify', 'both', '--repair'])
    expect(statSync(two).size).toBe(TWO)
  })

  test('a damaged file stays where it is until a good one is whole', async () => {
    const one = at('checkpoints/one.safetensors')
    writeFileSync(one, Buffer.alloc(ONE, 'bad '))
    world.files.faults = [{ path: '/one.safetensors', status: 404 }]
    const { exitCode, data } = await world.json(['models', 'verify', 'both', '--repair'])
    expect(exitCode).toBe(1)
    expect(data.models[0]).toMatchObject({
      state: 'checksum',
      problem: expect.stringContaining('404'),
    })
    expect(readFileSync(one, 'utf8')).toMatch(/^bad /)
  })

  test('repairs nothing that the quota of a volume has no room for', async () => {
    rmSync(at('checkpoints/two.safetensors'))
    const quota = { RUNPOD_VOLUME_ROOT: world.root, RUNPOD_VOLUME_QUOTA_BYTES: '1000' }
    const args = ['models', 'verify', 'both', '--repair']
    expect(await world.json(args, quota)).toMatchObject({
      exitCode: 1,
      error: { code: 'DISK_FULL' },
    })
    expect(existsSync(at('checkpoints/two.safetensors'))).toBe(false)
    const forced = await world.json([...args, '--skip-space-check'], quota)
    expect(forced).toMatchObject({ exitCode: 0, data: { models: [{}, { state: 'repaired' }] } })
  })

  test('a file of somebody else at the place of a model is left alone', async () => {
    world.writeSpec('other', {
      models: [{ ...world.model('one.safetensors'), name: 'two.safetensors' }],
    })
    const { exitCode, data } = await world.json(['models', 'verify', 'other', '--repair'])
    expect(exitCode).toBe(1)
    expect(data.models[0]).toMatchObject({ state: 'foreign', problem: expect.any(String) })
    expect(statSync(at('checkpoints/two.safetensors')).size).toBe(TWO)
  })

  test('says it in words too', async () => {
    rmSync(at('checkpoints/two.safetensors'))
    const { stdout } = await world.run(['models', 'verify', 'both'])
    expect(stdout).toMatch(/^ok \(sha256\) .*one[\s\S]*^missing .*two[\s\S]*problems: 1; --repair/m)
  })
})

describe('models list', () => {
  test('of a version: source, place, kind, size, and who else uses it', async () => {
    await world.json(['models', 'pull', 'first'])
    const { data } = await world.json(['models', 'list', 'both'])
    expect(data).toEqual({
      version_id: 'both',
      models_dirs: [world.modelsDir],
      models: [
        {
          source: `${world.files.url}/one.safetensors`,
          path: at('checkpoints/one.safetensors'),
          ...{ category: 'checkpoints', size: ONE, present: true, versions: ['both', 'first'] },
        },
        {
          source: `${world.files.url}/two.safetensors`,
          path: at('checkpoints/two.safetensors'),
          ...{ category: 'checkpoints', size: null, present: false, versions: ['both'] },
        },
      ],
    })
  })

  test('of the store: what is there, what is wanted, and what nobody recorded', async () => {
    await world.json(['models', 'pull', 'first'])
    put(at('loras/mine.safetensors'), 'mine')
    put(at('loras/put_loras_here'), '')
    put(at('vae/x.pt.part'), 'unfinished')
    world.writeSpec('broken', { models: 'nonsense' })
    const { exitCode, data } = await world.json(['models', 'list'])
    expect(exitCode).toBe(0)
    const rows = data.models.map(({ path, present, source, versions }: Record<string, unknown>) => [
      String(path).slice(world.modelsDir.length + 1),
      present,
      source === null,
      versions,
    ])
    expect(rows).toEqual([
      ['checkpoints/one.safetensors', true, false, ['both', 'first']],
      ['checkpoints/two.safetensors', false, false, ['both']],
      ['loras/mine.safetensors', true, true, []],
    ])
  })

  test('shows no credentials, and works where there is nothing', async () => {
    const source = world.files.url.replace('//', '//me:secret@')
    world.writeSpec('login', { models: [{ source: `${source}/one.safetensors?token=abcdef` }] })
    for (const args of [
      ['models', 'list', 'login'],
      ['models', 'size', 'login'],
      ['models', 'list'],
    ])
      expect((await world.run([...args, '--json'])).stdout).not.toMatch(/secret|abcdef/)
    rmSync(world.versionsDir, { recursive: true })
    expect(await world.run(['models', 'list', '--lang', 'en'])).toMatchObject({
      exitCode: 0,
      stdout: 'no models\n',
    })
  })
})

describe('a name that only the server knows', () => {
  let civitai: FileServer
  const version = '/api/v1/model-versions/42'

  beforeEach(async () => {
    const files = [{ name: 'From Server.safetensors', sizeKB: 1, primary: true }]
    civitai = await startFileServer({
      files: new Map([
        [version, Buffer.from(JSON.stringify({ files }))],
        ['/api/download/models/42', Buffer.alloc(1024, 'x')],
      ]),
    })
    whenOver(civitai.stop)
    world.env['COMFYPIN_CIVITAI_ENDPOINT'] = civitai.url
    world.writeSpec('asks', { models: [{ source: 'civitai://models/42', target_subdir: 'loras' }] })
  })

  const target = () =>
    JSON.parse(readFileSync(join(world.cacheRoot, 'resolved/asks.lock.json'), 'utf8')).models[0]
      .target_path

  test('is asked for once; then the lock knows it, without any network', async () => {
    await world.json(['resolve', 'asks'])
    expect(target()).toBe('loras/From Server.safetensors')
    await civitai.stop()
    const again = await world.json(['resolve', 'asks', '--refresh'])
    expect(again).toMatchObject({ exitCode: 0, data: { changes: [] } })
    expect((await world.json(['models', 'list', 'asks', '--offline'])).exitCode).toBe(0)
  })

  test('gives a name without an extension its extension', async () => {
    const model = { source: 'civitai://models/42', name: 'mine', target_subdir: 'loras' }
    world.writeSpec('asks', { models: [model] })
    await world.json(['resolve', 'asks'])
    expect(target()).toBe('loras/mine.safetensors')
  })

  test('is missed offline, and the hint says what to do', async () => {
    expect(await world.json(['resolve', 'asks', '--offline'])).toMatchObject({
      exitCode: 1,
      error: { code: 'MODEL_NAME_UNKNOWN', hint: expect.stringContaining('"name"') },
    })
    expect(civitai.requests).toEqual([])
  })

  test('that is that of another model is a problem of the spec, with its place', async () => {
    world.writeSpec('asks', {
      models: [
        {
          ...world.model('one.safetensors'),
          name: 'from server.safetensors',
          target_subdir: 'loras',
        },
        { source: 'civitai://models/42', target_subdir: 'loras' },
      ],
    })
    const { exitCode, error } = await world.json(['resolve', 'asks'])
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'SPEC_INVALID' })
    expect(error.problems[0]).toMatchObject({ expected: 'another target than models[0] has' })
  })

  test('and that the server does not tell either has to be given', async () => {
    civitai.faults = [{ path: version, status: 404 }]
    const { exitCode, error } = await world.json(['resolve', 'asks'])
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'SPEC_INVALID' })
    expect(error.problems[0]).toMatchObject({ path: '$.models[0].name' })
  })

  test('is the name that the model is pulled under', async () => {
    const { exitCode } = await world.json(['models', 'pull', 'asks'])
    expect(exitCode).toBe(0)
    expect(statSync(at('loras/From Server.safetensors')).size).toBe(1024)
  })

  const nowhere = { COMFYPIN_CIVITAI_ENDPOINT: 'http://127.0.0.1:1' }

  test('is known to the store once the model is there: no network, and no lock', async () => {
    await world.json(['models', 'pull', 'asks'])
    const before = civitai.requests.length
    for (const [command, row] of [
      ['list', { present: true, size: 1024 }],
      ['size', { present: true, size: 1024, problem: null }],
      ['verify', { state: 'ok' }],
      ['pull', { action: 'present', problem: null }],
    ] as const)
      for (const more of [[], ['--offline']]) {
        const { exitCode, data } = await world.json(['models', command, 'asks', ...more], nowhere)
        expect({ command, exitCode, models: data.models }).toMatchObject({
          ...{ command, exitCode: 0 },
          models: [{ ...row, path: at('loras/From Server.safetensors') }],
        })
      }
    expect(civitai.requests).toHaveLength(before)
  })

  test('of the store counts for another folder when nobody can be asked', async () => {
    await world.json(['models', 'pull', 'asks'])
    world.writeSpec('asks', { models: [{ source: 'civitai://models/42', target_subdir: 'vae' }] })
    const { data } = await world.json(['models', 'size', 'asks', '--offline'])
    expect(data.models).toMatchObject([
      { path: at('vae/From Server.safetensors'), size: 1024, missing: 0 },
    ])
    expect((await world.json(['models', 'pull', 'asks', '--offline'])).exitCode).toBe(0)
    expect(statSync(at('vae/From Server.safetensors')).size).toBe(1024)
  })

  test('that nobody knows is told, and the other models are answered for', async () => {
    await world.json(['models', 'pull', 'first'])
    world.writeSpec('asks', {
      models: [
        { source: 'civitai://models/42', target_subdir: 'loras' },
        world.model('one.safetensors'),
      ],
    })
    const unknown = { source: 'civitai://models/42', path: null }
    const problem = expect.stringContaining('only the server of civitai://models/42 knows')
    for (const [command, row, code] of [
      ['list', { category: 'loras', present: false, versions: ['asks'] }, 0],
      ['size', { category: 'loras', size: null, problem }, 0],
      ['verify', { state: 'missing', problem }, 1],
      ['pull', { action: 'missing', present: false, problem }, 1],
    ] as const) {
      const answer = await world.json(['models', command, 'asks', '--offline'])
      const { exitCode, data } = answer
      expect({ command, exitCode, models: data.models }).toMatchObject({
        ...{ command, exitCode: code },
        models: [{ path: at('checkpoints/one.safetensors') }, { ...unknown, ...row }],
      })
    }
    const { stdout, stderr } = await world.run(['models', 'pull', 'asks', '--offline'])
    expect(stderr).toContain('offline: model civitai://models/42 is not here')
    expect(stdout).toContain('(name unknown)')
    const { data } = await world.json(['models', 'list'])
    expect(data.models).toContainEqual(expect.objectContaining({ ...unknown, versions: ['asks'] }))
  })

  test('that cannot be asked for without saying offline is told with its reason', async () => {
    const { exitCode, data } = await world.json(['models', 'size', 'asks'], nowhere)
    expect(exitCode).toBe(0)
    expect(data).toMatchObject({ unknown: 1, models: [{ path: null }] })
    expect(data.models[0].problem).toContain('ECONNREFUSED')
    const strict = await world.json(['resolve', 'asks'], nowhere)
    expect(strict).toMatchObject({ exitCode: 1, error: { code: 'DOWNLOAD_FAILED' } })
  })

  test('of the store is no name for a lock: another version may have chosen it', async () => {
    await world.json(['models', 'pull', 'asks'])
    const { exitCode, error } = await world.json(['resolve', 'asks', '--offline'])
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 1, code: 'MODEL_NAME_UNKNOWN' })
  })
})
