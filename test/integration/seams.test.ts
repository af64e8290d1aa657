import { existsSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { packState } from '../../src/realize/pack-state.ts'
import { startFileServer, type FileServer } from '../helpers/file-server.ts'
import { createRepo } from '../helpers/git-repo.ts'
import { startRegistryServer } from '../helpers/registry-server.ts'
import { whenOver } from '../helpers/temp.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { difference, treeOf, type Tree } from '../helpers/tree.ts'
import { createWorld, type SpecPart, type World } from '../helpers/world.ts'

/** One version with a part of every kind goes through every command: what no part's own tests see. */
let world: World
let civitai: FileServer

const WRITE = `import os
path = os.path.join(os.path.dirname(__file__), 'config.json')
if not os.path.exists(path):
    with open(path, 'w') as file:
        file.write('{}')`

beforeAll(async () => {
  world = await createWorld()
  createRepo(join(world.root, 'repos/mono.git'), {
    files: {
      'packs/one/__init__.py': nodeModule('MonoOne'),
      'packs/one/requirements.txt': 'comfypin-test-alpha>=2\n',
      'packs/two/__init__.py': nodeModule('MonoTwo', WRITE),
    },
  })
  const files = (version: string, atImport: string) => ({
    '__init__.py': nodeModule('Kj', atImport),
    'requirements.txt': 'comfypin-test-beta>=1\n',
    'pyproject.toml': `[project]\nname = "kj-nodes"\nversion = "${version}"\n`,
  })
  const registry = await startRegistryServer({
    'kj-nodes': {
      versions: {
        '1.0.0': { files: files('1.0.0', '') },
        '1.2.0': { files: files('1.2.0', WRITE) },
      },
    },
    'comfyui-frame-interpolation': {
      versions: { '1.0.0': { files: { '__init__.py': nodeModule('Vfi') } } },
    },
    comfyui_controlnet_aux: {
      versions: {
        '1.0.0': {
          files: {
            '__init__.py': nodeModule(
              'Aux',
              "import os\nassert os.environ['AUX_ANNOTATOR_CKPTS_PATH']",
            ),
          },
        },
      },
    },
  })
  civitai = await startFileServer({
    files: new Map([
      [
        '/api/v1/model-versions/42',
        Buffer.from(
          JSON.stringify({ files: [{ name: 'told.safetensors', sizeKB: 1, primary: true }] }),
        ),
      ],
      ['/api/download/models/42', Buffer.alloc(1024, 'x')],
    ]),
  })
  whenOver(civitai.stop)
  world.env['COMFYPIN_REGISTRY_ENDPOINT'] = registry.url
  world.env['COMFYPIN_CIVITAI_ENDPOINT'] = civitai.url
  world.writeSpec('all', everything())
})

function mono(subdir: string): SpecPart {
  return { repo: `${world.git.url}/mono.git`, subdir }
}

function everything(): SpecPart {
  return {
    custom_nodes: [
      { registry: 'kj-nodes', version: '1.0.0' },
      mono('packs/one'),
      mono('packs/two'),
      { ...world.pack('writer'), name: 'scribe' },
      world.pack('editor'),
    ],
    models: [
      world.model('one.safetensors'),
      {
        source: `${world.files.url}/two.safetensors`,
        path: '$COMFY_HOME/custom_nodes/scribe/ckpts',
      },
      { source: 'civitai://models/42', target_subdir: 'loras' },
    ],
    python_packages: ['comfypin-test-alpha>=1'],
    python_overrides: ['comfypin-test-beta==1.0'],
    python_twins: 'all',
    env: { GREETING: 'hello' },
  }
}

/** Without what tools of others keep: uv's cache, and bytecode that is shared by all tests. */
function ownTree(): Tree {
  return new Map([...treeOf(world.root)].filter(([path]) => !path.startsWith('cache/uv')))
}

async function requireUntouched(args: readonly string[]): Promise<unknown> {
  const before = ownTree()
  const { data } = await world.json(args)
  expect({ args, wrote: difference(before, ownTree()) }).toEqual({ args, wrote: [] })
  return data
}

test('a dry run of all of it writes nothing at all, archives included', async () => {
  const data = await requireUntouched(['realize', 'all', '--dry-run'])
  expect(data).toMatchObject({ changed: true })
  expect(existsSync(join(world.cacheRoot, 'archives'))).toBe(false)
})

test('it is realized once; two packs of one repository do not wait for each other', async () => {
  const { exitCode, stderr } = await world.run(['realize', 'all', '--progress', 'plain'])
  expect({ exitCode, waits: stderr.match(/^waiting.*$/gm) }).toEqual({ exitCode: 0, waits: null })
  expect(await requireUntouched(['realize', 'all'])).toMatchObject({ changed: false })
  expect(await requireUntouched(['realize', 'all', '--offline'])).toMatchObject({ changed: false })
})

test('what only looks changes nothing and finds nothing', async () => {
  const home = world.home('all')
  expect(await requireUntouched(['validate', 'all'])).toMatchObject({ problems: [] })
  expect(await requireUntouched(['validate', 'all', '--checksums'])).toMatchObject({ problems: [] })
  expect(await requireUntouched(['diff', 'all', home])).toMatchObject({ equal: true })
  expect(await requireUntouched(['models', 'verify', 'all'])).toMatchObject({
    models: [{ state: 'ok' }, { state: 'ok' }, { state: 'ok' }],
  })
  expect(await requireUntouched(['models', 'size', 'all'])).toMatchObject({
    missing: 0,
    unknown: 0,
  })
  await requireUntouched(['models', 'list', 'all'])
  await requireUntouched(['show', 'all'])
  await requireUntouched(['export', 'all'])
  await requireUntouched(['doctor', 'all'])
  await requireUntouched(['repro', 'all', '--offline'])
})

test('an export tells what its format has no place for', async () => {
  const { stderr } = await world.run(['export', 'all'])
  expect(stderr.match(/no place for \w+; left out: \d+/g)).toEqual([
    'no place for models; left out: 3',
    'no place for env; left out: 1',
    'no place for subdir; left out: 2',
    'no place for name; left out: 1',
  ])
})

test('a clone is equal, and differs in what is edited alone', async () => {
  await world.json(['clone', 'all', 'copy'])
  expect((await world.json(['diff', 'all', 'copy'])).data).toMatchObject({ equal: true })
  expect(await world.json(['add', 'copy', '--node', 'kj-nodes@1.2.0'])).toMatchObject({ ok: true })
  const edited = JSON.parse(readFileSync(join(world.versionsDir, 'copy.json'), 'utf8'))
  writeFileSync(
    join(world.versionsDir, 'copy.json'),
    JSON.stringify({
      ...edited,
      python_overrides: ['comfypin-test-beta==2.0'],
      python_twins: 'one',
    }),
  )
  await world.json(['resolve', 'copy'])
  const { data, exitCode } = await world.json(['diff', 'all', 'copy'])
  expect(exitCode).toBe(1)
  expect(data.changes.map((change: { name: string }) => change.name)).toEqual([
    'kj-nodes',
    'python_overrides',
    'python_twins',
  ])
})

test('two versions with new packs of all kinds are realized at the same time', async () => {
  const runs = [
    world.start(['realize', 'copy', '--json']),
    world.start(['realize', 'all', '--json']),
  ]
  const results = await Promise.all(runs.map(({ result }) => result))
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0])
  expect((await world.json(['validate', 'copy'])).data).toMatchObject({ problems: [] })
  expect(lstatSync(join(world.home('copy'), 'custom_nodes/kj-nodes')).isDirectory()).toBe(true)
})

test('a model for the folder of a pack that leaves is told, and leaves no folder behind', async () => {
  writeFileSync(join(world.home('copy'), 'custom_nodes/scribe/notes.txt'), 'mine')
  await world.json(['remove', 'copy', 'scribe'])
  const { exitCode, stderr } = await world.run(['realize', 'copy'])
  expect(exitCode).toBe(0)
  expect(stderr).toContain('custom_nodes/scribe/ckpts/two.safetensors goes into the folder of pack')
  expect(existsSync(join(world.home('copy'), 'custom_nodes/scribe'))).toBe(false)
  expect((await world.json(['validate', 'copy'])).data.problems).toMatchObject([
    { code: 'MODEL_WITHOUT_PACK', params: { pack: 'scribe' } },
  ])
  expect(await world.json(['realize', 'copy'])).toMatchObject({ data: { changed: false } })
})

test('deleting the home takes the links and leaves what they lead to', async () => {
  const stores = () =>
    [treeOf(world.modelsDir), treeOf(join(world.cacheRoot, 'checkouts'))] as const
  const [models, checkouts] = stores()
  const refused = await world.json(['delete', 'copy', '--yes'])
  expect(refused).toMatchObject({ exitCode: 1, error: { code: 'DELETE_USER_FILES' } })
  expect(refused.error.params.files).toContain('var/removed-packs/scribe-')
  expect(await world.json(['delete', 'copy', '--yes', '--with-user-files'])).toMatchObject({
    exitCode: 0,
    data: { removed: true },
  })
  expect(existsSync(world.home('copy'))).toBe(false)
  expect(difference(models, treeOf(world.modelsDir))).toEqual([])
  expect(difference(checkouts, stores()[1])).toEqual([])
  expect(await requireUntouched(['realize', 'all'])).toMatchObject({ changed: false })
})

test('packs from the registry download into the model store like those from git', async () => {
  const ids = ['comfyui-frame-interpolation', 'comfyui_controlnet_aux']
  world.writeSpec('downloads', { custom_nodes: ids.map((id) => ({ registry: id })) })
  const { data } = await world.json(['realize', 'downloads'])
  expect(data.packs).toMatchObject([{ ok: true }, { ok: true }])
  const link = join(world.home('downloads'), 'custom_nodes/comfyui-frame-interpolation/ckpts')
  expect(readlinkSync(link)).toBe(join(world.modelsDir, 'packs/comfyui-frame-interpolation/ckpts'))
  const state = packState(world.home('downloads'))
  expect(state).toEqual([])
  expect(await requireUntouched(['realize', 'downloads'])).toMatchObject({ changed: false })
})

test('offline, a model without a name is one warning; it comes with the network', async () => {
  const models = [
    world.model('one.safetensors'),
    { source: 'civitai://models/42', target_subdir: 'vae' },
    { source: 'gs://some-bucket/a.safetensors', target_subdir: 'vae' },
    { source: 's3://some-bucket/b.safetensors', target_subdir: 'vae' },
    { source: 'hf://org/repo/c.safetensors', target_subdir: 'vae' },
  ]
  world.writeSpec('later', { models })
  expect(await world.json(['show', 'later'])).toMatchObject({ exitCode: 0 })
  const seen = civitai.requests.length
  const { exitCode, stderr } = await world.run(['realize', 'later', '--offline'])
  expect({ exitCode, missing: stderr.match(/model \S+ is not here/g) }).toEqual({
    exitCode: 0,
    missing: [
      'model civitai://models/42 is not here',
      'model vae/a.safetensors is not here',
      'model vae/b.safetensors is not here',
      'model vae/c.safetensors is not here',
    ],
  })
  expect((await world.json(['validate', 'later', '--offline'])).data.problems).toContainEqual(
    expect.objectContaining({ subject: 'model civitai://models/42', code: 'MODEL_NAMELESS' }),
  )
  expect(civitai.requests.length).toBe(seen)
  world.writeSpec('later', { models: models.slice(0, 2) })
  await world.json(['realize', 'later', '--offline'])
  expect((await world.json(['realize', 'later'])).data).toMatchObject({ changed: true })
  expect(existsSync(join(world.modelsDir, 'vae/told.safetensors'))).toBe(true)
})
