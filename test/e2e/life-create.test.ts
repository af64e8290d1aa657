import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createWorld, type World } from '../helpers/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld()
}, 120_000)

function specOf(id: string) {
  return JSON.parse(readFileSync(join(world.versionsDir, `${id}.json`), 'utf8'))
}

function lockOf(id: string) {
  return JSON.parse(readFileSync(join(world.cacheRoot, 'resolved', `${id}.lock.json`), 'utf8'))
}

function fileWith(name: string, text: string): string {
  const path = join(world.root, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** Everything below the versions folder and the locks, to see that nothing was written. */
function written(): string[] {
  const resolved = join(world.cacheRoot, 'resolved')
  return [world.versionsDir, resolved].flatMap((dir) => (existsSync(dir) ? readdirSync(dir) : []))
}

describe('create', () => {
  test('writes a spec from flags, pins it, and the other commands find it', async () => {
    const { url: core, commits } = world.repo('core')
    const { url: good, commits: packs } = world.repo('good')
    const { ok, data } = await world.json([
      ...['create', 'flags', `${core}@${commits[0]}`],
      ...['--node', `${good}@v1`],
      ...['--model', `source=${world.files.url}/one.safetensors,subdir=checkpoints,name=uno`],
      ...['--python-package', 'comfypin-test-alpha>=2', '--env', 'GREETING=hello, world'],
    ])
    expect(ok).toBe(true)
    expect(specOf('flags')).toEqual({
      schema_version: 2,
      version_id: 'flags',
      comfy: { repo: core, commit: commits[0] },
      custom_nodes: [{ repo: good, ref: 'v1' }],
      models: [
        {
          source: `${world.files.url}/one.safetensors`,
          target_subdir: 'checkpoints',
          name: 'uno',
        },
      ],
      python_packages: ['comfypin-test-alpha>=2'],
      env: { GREETING: 'hello, world' },
    })
    expect(lockOf('flags').custom_nodes[0].commit).toBe(packs[0])
    expect(data.pins.map(({ subject }: { subject: string }) => subject)).toEqual(
      expect.arrayContaining(['core', 'pack good', 'model checkpoints/uno.safetensors']),
    )
    const { data: again } = await world.json(['resolve', 'flags'])
    expect(again.changes).toEqual([])
  })

  test('says in both languages what it wrote, what it pinned and what comes next', async () => {
    const { url, commits } = world.repo('core')
    const args = ['--comfy', `${url}@${commits[0]}`]
    const english = await world.run(['create', 'told', ...args])
    expect(english.exitCode).toBe(0)
    expect(english.stdout).toContain(`spec: ${world.versionsDir}/told.json\n`)
    expect(english.stdout).toContain(`  + core  ${url}@${commits[0]}\n`)
    expect(english.stdout).toMatch(/^next: comfypin realize told$/m)
    const russian = await world.run(['create', 'told-ru', ...args, '--lang', 'ru'])
    expect(russian.stdout).toContain(`спецификация: ${world.versionsDir}/told-ru.json\n`)
    expect(russian.stdout).toMatch(/^дальше: comfypin realize told-ru$/m)
  })

  test('takes files and JSON in every form, and starts their paths at their own folder', async () => {
    const models = fileWith(
      'side/models.yml',
      'models:\n  - source: weights/a.pt\n    target_subdir: vae\n',
    )
    const list = fileWith('side/list.json', JSON.stringify([`${world.files.url}/two.safetensors`]))
    const nodes = fileWith('side/nodes.yaml', `custom_nodes:\n  - ${world.repo('good').url}@v1\n`)
    const { data } = await world.json([
      ...['create', 'files', world.repo('core').url, '--no-resolve'],
      ...['--models', models, '--models', list, '--nodes', nodes],
      ...['--nodes', JSON.stringify([{ repo: './packs/own', name: 'own' }])],
      ...['--model', JSON.stringify({ source: 'hf://a/b/c.gguf', target_subdir: 'unet' })],
    ])
    expect(data.spec.models.map(({ source }: { source: string }) => source)).toEqual([
      join(world.root, 'side/weights/a.pt'),
      `${world.files.url}/two.safetensors`,
      'hf://a/b/c.gguf',
    ])
    expect(data.spec.custom_nodes).toEqual([
      { repo: world.repo('good').url, ref: 'v1' },
      { repo: join(process.cwd(), 'packs/own'), name: 'own' },
    ])
    expect(data.notes).toEqual([
      {
        code: 'MODEL_NO_FOLDER',
        subject: `${world.files.url}/two.safetensors`,
        detail: 'checkpoints',
      },
    ])
    expect({ lock: data.lock, pins: data.pins }).toEqual({ lock: null, pins: [] })
  })

  test('begins with a given spec and lays the flags over it', async () => {
    const base = {
      version_id: 'other',
      comfy: { repo: world.repo('core').url, ref: 'main' },
      custom_nodes: [{ repo: world.repo('good').url, commit: 'f'.repeat(40), name: 'good' }],
      python_packages: ['numpy==1', 'six'],
      env: { A: '1', B: '2' },
    }
    const { data } = await world.json([
      ...['create', 'based', '--json-spec', JSON.stringify(base), '--no-resolve'],
      ...['--node', `${world.repo('good').url}@v1`, '--python-package', 'NumPy==2'],
      ...['--env', 'B=3'],
    ])
    expect(specOf('based')).toEqual({
      schema_version: 2,
      version_id: 'based',
      comfy: base.comfy,
      custom_nodes: [{ repo: world.repo('good').url, ref: 'v1' }],
      python_packages: ['six', 'NumPy==2'],
      env: { A: '1', B: '3' },
    })
    expect(data.notes).toEqual([{ code: 'ID_REPLACED', subject: 'based', detail: '"other"' }])
  })

  test("takes ComfyUI's own repository when no core is named, and says so", async () => {
    const { stdout } = await world.run(['create', 'plain', '--no-resolve'])
    expect(specOf('plain').comfy).toEqual({ repo: 'https://github.com/Comfy-Org/ComfyUI' })
    expect(stdout).toContain('core: https://github.com/Comfy-Org/ComfyUI, its default branch')
    expect(stdout).toContain('not pinned yet: comfypin resolve plain')
    const { data } = await world.json(['create', 'tagged', '--comfy', '@v0.3.40', '--no-resolve'])
    expect(data.spec.comfy).toEqual({
      repo: 'https://github.com/Comfy-Org/ComfyUI',
      ref: 'v0.3.40',
    })
  })

  test('asks the remote which part of a pasted page is the branch', async () => {
    const { url, commits, git } = world.repo('good')
    git('branch', 'feature/x', commits[0] ?? '')
    const node = async (tree: string, ...args: string[]) => {
      const line = ['create', 'tree', world.repo('core').url, '--node', `${url}/tree/${tree}`]
      await world.json([...line, '--force', '--no-resolve', ...args])
      return specOf('tree').custom_nodes[0]
    }
    expect(await node('feature/x')).toEqual({ repo: url, ref: 'feature', subdir: 'x' })
    const line = ['create', 'tree', world.repo('core').url, '--force']
    await world.json([...line, '--node', `${url}/tree/feature/x`])
    expect(specOf('tree').custom_nodes[0]).toEqual({ repo: url, ref: 'feature/x' })
    await world.json([...line, '--node', `${url}/tree/feature/x/packs/one`])
    expect(specOf('tree').custom_nodes[0]).toEqual({
      repo: url,
      ref: 'feature/x',
      subdir: 'packs/one',
    })
  })
})

describe('what is there already', () => {
  test('is not overwritten; --force keeps every older spec', async () => {
    const create = (...args: string[]) =>
      world.json(['create', 'kept', world.repo('core').url, '--no-resolve', ...args])
    await create()
    const before = readFileSync(join(world.versionsDir, 'kept.json'), 'utf8')
    expect(await create('--env', 'A=1')).toMatchObject({
      exitCode: 2,
      error: { code: 'SPEC_EXISTS' },
    })
    expect(readFileSync(join(world.versionsDir, 'kept.json'), 'utf8')).toBe(before)
    const { data } = await create('--env', 'A=1', '--force')
    expect(data.kept).toBe(join(world.versionsDir, 'kept.json.bak'))
    expect(readFileSync(data.kept, 'utf8')).toBe(before)
    const second = await create('--env', 'A=2', '--force')
    expect(second.data.kept).toBe(join(world.versionsDir, 'kept.json.bak.1'))
    expect((await create('--env', 'A=2', '--force')).data.kept).toBeNull()
    const { data: listed } = await world.json(['list'])
    expect(listed.versions.filter(({ id }: { id: string }) => id.startsWith('kept'))).toHaveLength(
      1,
    )
  })

  test('behind a link stays behind it', async () => {
    const real = fileWith('elsewhere/real.json', '{}')
    symlinkSync(real, join(world.versionsDir, 'linked.json'))
    const args = ['create', 'linked', world.repo('core').url, '--no-resolve']
    expect((await world.json(args)).error.code).toBe('SPEC_EXISTS')
    await world.json([...args, '--force'])
    expect(JSON.parse(readFileSync(real, 'utf8')).version_id).toBe('linked')
  })
})

describe('nothing is written', () => {
  test('by --dry-run, which shows the spec and its pins', async () => {
    const before = written()
    const { exitCode, stdout } = await world.run([
      'create',
      'dry',
      world.repo('core').url,
      '--dry-run',
    ])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('dry run, nothing was written')
    expect(stdout).toContain(`  + core  ${world.repo('core').url}@${world.repo('core').commits[2]}`)
    expect(written()).toEqual(before)
  })

  test('when arguments cannot be read, and all of them are told', async () => {
    const before = written()
    const bomb = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((level) =>
      level === 0
        ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
        : `a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`,
    )
    const { exitCode, stdout, stderr } = await world.run([
      ...['create', 'bad', world.repo('core').url],
      ...['--node', 'not a repository', '--node', '{"repo":', '--node', 'https://github.com/only'],
      ...['--models', fileWith('bomb.yml', `${bomb.join('\n')}\nmodels: *a9\n`)],
      ...['--models', '/dev/zero', '--models', join(world.root, 'absent.yml')],
      ...['--nodes', fileWith('deep.yml', '['.repeat(200_000))],
      ...['--env', 'MY_TOKEN', '--env', '1=x'],
    ])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('some arguments cannot be read:\n')
    expect(stderr.match(/^ {2}--/gm)).toHaveLength(9)
    expect(stderr).toMatch(/bomb\.yml": expected JSON or YAML \(Excessive alias count/)
    expect(stderr).toContain('--models "/dev/zero": expected a file\n')
    expect(written()).toEqual(before)
  })

  test('when the spec would not be valid, and every problem is told', async () => {
    const before = written()
    const { exitCode, error } = await world.json([
      ...['create', 'invalid', world.repo('core').url],
      ...['--node', world.repo('good').url, '--node', `${world.repo('good').url}@v1`],
      ...['--model', 'source=https://x.test/a.pt,subdir=../../etc'],
      ...['--model', 'source=https://x.test/a.pt,checksum=12', '--python-package=--index-url=x'],
    ])
    expect(exitCode).toBe(2)
    expect(error.problems.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['$.models[1].checksum', '$.models[0].target_subdir']),
    )
    expect(written()).toEqual(before)
  })

  test('when a remote has no such ref', async () => {
    const before = written()
    const { error } = await world.json(['create', 'noref', `${world.repo('core').url}@nope`])
    expect(error.code).toBe('GIT_REF_NOT_FOUND')
    expect(written()).toEqual(before)
  })

  test.each([
    ['../x'],
    ['a/b'],
    ['..'],
    ['.hidden'],
    ['a b'],
    ['-x'.slice(1).repeat(200)],
    ['a\nb'],
  ])('for the id %j', async (id) => {
    const { exitCode, error } = await world.json(['create', id, '--no-resolve'])
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'ID_INVALID' })
  })

  test('when two ways to say the same are used', async () => {
    const core = world.repo('core').url
    const both = await world.run(['create', 'two', core, '--comfy', core, '--lang', 'ru'])
    expect(both).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('repo, --comfy нельзя указать вместе'),
    })
  })
})

test('a login in an address is not repeated in the answer', async () => {
  const { stdout, stderr } = await world.run([
    ...['create', 'secret', 'https://user:hunter22@git.test/core.git', '--no-resolve', '--json'],
    ...['--env', 'HF_TOKEN=hunter22', '--env', 'PLAIN=shown'],
  ])
  expect(stdout + stderr).not.toContain('hunter22')
  expect(stdout).toContain('shown')
  expect(specOf('secret').comfy.repo).toContain('hunter22')
  expect(specOf('secret').env.HF_TOKEN).toBe('hunter22')
})

describe('--auto-checksum', () => {
  test('writes the sha256 of local files, and says which model has none', async () => {
    const root = join(world.root, 'local-models')
    fileWith('local-models/checkpoints/one.safetensors', 'one')
    fileWith('local-models/deep/er/two.safetensors', 'two')
    fileWith('local-models/x/twin.pt', 'a')
    fileWith('local-models/y/twin.pt', 'b')
    const model = (name: string) => ['--model', `source=https://x.test/${name},subdir=checkpoints`]
    const { data } = await world.json([
      ...['create', 'sums', world.repo('core').url, '--no-resolve'],
      ...model('one.safetensors'),
      ...model('two.safetensors'),
      ...model('twin.pt'),
      ...model('absent.pt'),
      ...['--auto-checksum', '--models-root', root],
    ])
    const hash = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
    expect(specOf('sums').models.map(({ checksum }: { checksum?: string }) => checksum)).toEqual([
      hash('one'),
      hash('two'),
      undefined,
      undefined,
    ])
    expect(data.notes.map(({ code }: { code: string }) => code)).toEqual([
      'CHECKSUM_SEVERAL',
      'CHECKSUM_NO_FILE',
    ])
    expect((await world.json(['resolve', 'sums'])).exitCode).toBe(0)
    expect(lockOf('sums').models[0].checksum).toEqual({
      algorithm: 'sha256',
      hex: hash('one').slice('sha256:'.length),
    })
  })
})
