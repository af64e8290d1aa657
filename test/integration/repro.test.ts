import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRepo } from '../helpers/git-repo.ts'
import { tempDir } from '../helpers/temp.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { createWorld, type SpecPart, type World } from '../helpers/world.ts'

/** Several realizations, or one with nothing cached. */
const SLOW = { timeout: 300_000 }

let world: World

beforeAll(async () => {
  world = await createWorld()
})

const full = (): SpecPart => ({
  custom_nodes: [world.pack('good'), world.pack('writer')],
  models: [world.model('one.safetensors')],
  python_packages: ['comfypin-test-beta==1.0'],
})

describe('a version that is realized twice', () => {
  test('comes out the same, and nothing of it is left', async () => {
    world.writeSpec('twice', full())
    const { exitCode, data } = await world.json(['repro', 'twice'])
    expect({ exitCode, differences: data.differences }).toEqual({ exitCode: 0, differences: [] })
    expect(data.compared).toBeGreaterThan(10)
    expect(existsSync(world.home('twice'))).toBe(false)
    expect(scratchLeft()).toEqual([])
  })

  test(
    'comes out the same from nothing but its pins, whatever its branches have become',
    SLOW,
    async () => {
      const files = { '__init__.py': 'NODE_CLASS_MAPPINGS = {}\n' }
      const repo = createRepo(join(world.root, 'repos', 'moves.git'), { files })
      world.writeSpec('fresh', {
        custom_nodes: [{ repo: `${world.git.url}/moves.git`, ref: 'main' }],
        models: [world.model('two.safetensors')],
      })
      await world.json(['realize', 'fresh'])
      repo.commit({ files: { 'more.txt': 'more' } })
      const requests = world.files.requests.length
      const args = ['repro', 'fresh', '--fresh-cache', '--against', world.home('fresh')]
      expect(await world.json(args)).toMatchObject({ exitCode: 0, data: { differences: [] } })
      const again = world.files.requests.slice(requests).filter(({ method }) => method === 'GET')
      expect(again.map(({ path }) => path)).toContain('/two.safetensors')
      expect(scratchLeft()).toEqual([])
    },
  )
})

describe('a home that is compared', () => {
  test('with what its spec gives today is the same, until one pin changes', SLOW, async () => {
    world.writeSpec('pins', full())
    await world.json(['realize', 'pins'])
    expect(await against('pins', world.home('pins'))).toEqual({ exitCode: 0, subjects: [] })
    const core = { repo: world.repo('core').url, commit: world.repo('core').commits[2] }
    const changes: [SpecPart, string[]][] = [
      [{ comfy: core }, ['core']],
      [{ custom_nodes: [world.pack('good', 1), world.pack('writer')] }, ['pack good']],
      [
        { python_packages: ['comfypin-test-beta==2.0'] },
        ['packages', 'package comfypin-test-beta'],
      ],
      [
        { models: [{ ...world.model('one.safetensors'), name: 'other.safetensors' }] },
        ['model checkpoints/other.safetensors', 'bytes of checkpoints/other.safetensors'],
      ],
    ]
    for (const [change, expected] of changes) {
      world.writeSpec('pins', { ...full(), ...change })
      const { exitCode, subjects } = await against('pins', world.home('pins'))
      expect(exitCode).toBe(1)
      expect(subjects).toEqual(expect.arrayContaining(expected))
    }
  })

  test('shows what was done to it by hand', async () => {
    world.writeSpec('hand', full())
    const models = tempDir('models')
    await world.json(['realize', 'hand'], { MODELS_DIR: models })
    const home = world.home('hand')
    expect((await against('hand', home)).subjects).toEqual([])
    appendFileSync(join(models, 'checkpoints/one.safetensors'), 'more')
    mkdirSync(join(home, 'custom_nodes', 'stranger'))
    appendFileSync(join(home, 'extra_model_paths.yaml'), '# mine\n')
    const sites = join(home, '.venv', 'lib')
    const [python = ''] = readdirSync(sites)
    mkdirSync(join(sites, python, 'site-packages', 'extra-1.0.dist-info'))
    expect((await against('hand', home)).subjects).toEqual(
      expect.arrayContaining([
        ...['pack stranger', 'package extra', 'extra_model_paths.yaml'],
        'bytes of checkpoints/one.safetensors',
      ]),
    )
  })

  test('shows another commit of a pack that is a folder, and what took its place', async () => {
    const files = (node: string) => ({ 'packs/one/__init__.py': nodeModule(node) })
    const { commits } = createRepo(join(world.root, 'repos', 'mono.git'), {
      commits: [{ files: files('First') }, { files: files('Second') }],
    })
    const pack = (commit: number) => ({
      custom_nodes: [
        { repo: `${world.git.url}/mono.git`, commit: commits[commit], subdir: 'packs/one' },
      ],
    })
    world.writeSpec('mono', pack(0))
    await world.json(['realize', 'mono'])
    expect(await against('mono', world.home('mono'))).toEqual({ exitCode: 0, subjects: [] })
    world.writeSpec('mono', pack(1))
    expect((await against('mono', world.home('mono'))).subjects).toContain('pack one')
    world.writeSpec('mono', pack(0))
    const place = join(world.home('mono'), 'custom_nodes/one')
    unlinkSync(place)
    mkdirSync(place)
    expect((await against('mono', world.home('mono'))).subjects).toContain('pack one')
  })

  test('is told in words', async () => {
    world.writeSpec('words', {})
    await world.json(['realize', 'words'])
    world.writeSpec('words', { custom_nodes: [world.pack('good')] })
    const { exitCode, stdout } = await world.run([
      'repro',
      'words',
      '--against',
      world.home('words'),
    ])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^words: differences: \d+$/m)
    expect(stdout).toMatch(/^ {2}\+ pack good {2}http:\S+@[0-9a-f]{40}$/m)
  })

  test('may be represented by its lock', async () => {
    const file = join(tempDir('lock'), 'kept.lock.json')
    world.writeSpec('locked', full())
    const { data } = await world.json(['resolve', 'locked'])
    writeFileSync(file, readFileSync(data.file))
    expect(await against('locked', file)).toEqual({ exitCode: 0, subjects: [] })
    world.writeSpec('locked', { ...full(), custom_nodes: [world.pack('writer', 1)] })
    const changed = await against('locked', file)
    expect(changed.exitCode).toBe(1)
    expect(changed.subjects.toSorted()).toEqual(['pack good', 'pack writer'])
  })
})

describe('the outputs of a workflow', () => {
  beforeAll(async () => {
    world.writeSpec('flow', { custom_nodes: [world.pack('env')] })
    await world.json(['realize', 'flow'])
  })

  test('match their baseline whatever their names and metadata are', async () => {
    const baseline = newBaseline()
    const recorded = await compare(picture(0x102030), baseline, ['--record'])
    expect(recorded).toMatchObject({ exitCode: 0, data: { recorded: true, compared: 1 } })
    const titled = { ...picture(0x102030), '1': { ...color(0x102030), _meta: { title: 'new' } } }
    expect(await compare(titled, baseline)).toMatchObject({
      exitCode: 0,
      data: { differences: [], compared: 1 },
    })
    const reference = readdirSync(join(baseline, '..')).find((name) => name.endsWith('.png')) ?? ''
    const bytes = readFileSync(join(baseline, '..', reference))
    expect(PNG.sync.read(bytes)).toMatchObject({ width: 16, height: 8 })
    expect(bytes.includes('EmptyImage')).toBe(false)
  })

  test('may differ as much as is tolerated, and no more', async () => {
    const baseline = newBaseline()
    await compare(picture(0x102030), baseline, ['--record'])
    const other = picture(0x102033)
    const { exitCode, data } = await compare(other, baseline)
    expect(exitCode).toBe(1)
    expect(data.differences).toEqual([
      {
        subject: expect.stringMatching(/^node 2\/0 \(flow_\d+_\.png\)$/),
        from: expect.stringMatching(/^pixels 16x8 sha256:/),
        to: expect.stringMatching(/^pixels 16x8 sha256:\w+, channels ±3, 0\.00 % of pixels$/),
      },
    ])
    expect(await compare(other, baseline, ['--tolerance', '2'])).toMatchObject({ exitCode: 1 })
    expect(await compare(other, baseline, ['--tolerance', '3'])).toMatchObject({ exitCode: 0 })
    expect(await compare(other, baseline, ['--share', '0'])).toMatchObject({ exitCode: 0 })
    const far = picture(0xffffff)
    expect(await compare(far, baseline, ['--share', '99'])).toMatchObject({ exitCode: 1 })
  })

  test('of another size, new ones and lost ones are differences', async () => {
    const baseline = newBaseline()
    await compare({ ...picture(1), '3': save('1') }, baseline, ['--record'])
    const wide = { ...picture(1), '1': color(1, 32), '4': save('1') }
    const { data } = await compare(wide, baseline, ['--tolerance', '255'])
    expect(
      data.differences.map(({ subject, from, to }: Record<string, string | null>) => [
        subject?.split(' ')[1],
        from === null,
        to === null,
      ]),
    ).toEqual([
      ['2/0', false, false],
      ['3/0', false, true],
      ['4/0', true, false],
    ])
    const ignored = await compare(wide, baseline, ['--ignore', '.PNG'])
    expect(ignored).toMatchObject({ exitCode: 0, data: { compared: 0 } })
  })

  test('are compared with their metadata when they were recorded so', async () => {
    const baseline = newBaseline()
    await compare(picture(5), baseline, ['--record', '--bytes'])
    expect(await compare(picture(5), baseline)).toMatchObject({ exitCode: 0 })
    const titled = { ...picture(5), '1': { ...color(5), _meta: { title: 'new' } } }
    expect(await compare(titled, baseline)).toMatchObject({ exitCode: 1 })
  })

  test('show that a pin changed', async () => {
    const repo = createRepo(join(world.root, 'repos', 'speaker.git'), {
      commits: [{ files: speaker('one') }, { files: speaker('two') }],
    })
    const spec = (commit: number): SpecPart => ({
      custom_nodes: [{ repo: `${world.git.url}/speaker.git`, commit: repo.commits[commit] }],
    })
    const baseline = newBaseline()
    const workflow = { '1': { class_type: 'Speaker', inputs: {} } }
    world.writeSpec('speaks', spec(0))
    await compare(workflow, baseline, ['--record'], 'speaks')
    expect(await compare(workflow, baseline, [], 'speaks')).toMatchObject({ exitCode: 0 })
    world.writeSpec('speaks', spec(1))
    expect(await compare(workflow, baseline, [], 'speaks')).toMatchObject({
      exitCode: 1,
      data: { differences: [{ subject: 'node 1/0 (1-text-0.txt)' }] },
    })
  })

  test('need a baseline that is one', async () => {
    const baseline = newBaseline()
    expect(await compare(picture(0), baseline)).toMatchObject({
      exitCode: 2,
      error: { code: 'BASELINE_MISSING' },
    })
    expect(await compare(picture(0), join(baseline, '..'))).toMatchObject({
      exitCode: 2,
      error: { code: 'BASELINE_INVALID' },
    })
    writeFileSync(baseline, '{"mine": true}')
    for (const more of [[], ['--record']])
      expect(await compare(picture(0), baseline, more)).toMatchObject({
        exitCode: 2,
        error: { code: 'BASELINE_INVALID' },
      })
    expect(readFileSync(baseline, 'utf8')).toBe('{"mine": true}')
  })

  test('are never compared with a file outside the folder of the baseline', async () => {
    const baseline = newBaseline()
    await compare(picture(0), baseline, ['--record'])
    const text = readFileSync(baseline, 'utf8')
    writeFileSync(baseline, text.replace(/"reference": "[^"]*"/, '"reference": "../../x.png"'))
    expect(await compare(picture(7), baseline)).toMatchObject({ error: { code: 'PATH_UNSAFE' } })
  })
})

test.each([
  [['repro', 'nobody'], 'SPEC_NOT_FOUND'],
  [['repro', 'usage', '--against', '/nowhere/at/all'], 'USAGE'],
  [['repro', 'usage', '--against', '/etc'], 'USAGE'],
  [['repro', 'usage', '--against', '/etc/hostname'], 'USAGE'],
  [['repro', 'usage', '--workflow', 'w.json'], 'USAGE'],
  [['repro', 'usage', '--baseline', 'b.json'], 'USAGE'],
  [['repro', 'usage', '--record'], 'USAGE'],
  [['repro', 'usage', '--workflow', 'w', '--baseline', 'b', '--tolerance', '256'], 'USAGE'],
])('%j is a mistake of the caller', async (args, code) => {
  world.writeSpec('usage')
  expect(await world.json(args)).toMatchObject({ exitCode: 2, error: { code } })
})

async function against(id: string, path: string) {
  const { exitCode, data } = await world.json(['repro', id, '--against', path])
  const subjects: string[] = data.differences.map(({ subject }: { subject: string }) => subject)
  return { exitCode, subjects }
}

function compare(workflow: object, baseline: string, more: string[] = [], id = 'flow') {
  const file = join(tempDir('workflow'), 'workflow.json')
  writeFileSync(file, JSON.stringify(workflow))
  return world.json(['repro', id, '--workflow', file, '--baseline', baseline, ...more])
}

function newBaseline(): string {
  return join(tempDir('baseline'), 'baseline.json')
}

function picture(value: number): Record<string, object> {
  return { '1': color(value), '2': save('1') }
}

function color(value: number, width = 16) {
  return { class_type: 'EmptyImage', inputs: { width, height: 8, batch_size: 1, color: value } }
}

function save(from: string) {
  return { class_type: 'SaveImage', inputs: { images: [from, 0], filename_prefix: 'flow' } }
}

function speaker(text: string): Record<string, string> {
  const module = `class Speaker:
    RETURN_TYPES = ()
    FUNCTION = "run"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    def run(self):
        return {"ui": {"text": ["${text}"]}}


NODE_CLASS_MAPPINGS = {"Speaker": Speaker}
`
  return { '__init__.py': module }
}

function scratchLeft(): string[] {
  return readdirSync(join(world.cacheRoot, 'tmp')).filter((name) => name.startsWith('repro-'))
}
