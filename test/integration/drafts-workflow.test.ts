import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/git/address.ts'
import { checkoutPaths } from '../../src/git/checkout.ts'
import { writeRecord } from '../../src/models/store.ts'
import { pathsOfFolder } from '../../src/platform/checkout-tree.ts'
import { writeAtomic } from '../../src/platform/files.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { writePackRecord } from '../../src/realize/pack-record.ts'
import { packagePaths } from '../../src/registry/checkout.ts'
import type { SpecDraft } from '../../src/spec/draft.ts'
import { draftFromWorkflow } from '../../src/versions/drafts/from-workflow.ts'
import { failureOf } from '../helpers/failure.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const HASH = 'c'.repeat(64)
const KJ = 'https://github.com/kijai/ComfyUI-KJNodes'

let root: string

beforeEach(() => {
  root = tempDir('workflow')
})

function draft(
  workflow: unknown,
  options: { map?: unknown; instance?: string } = {},
): Promise<SpecDraft> {
  const file = write('workflow.json', workflow)
  const map = options.map === undefined ? null : write('map.json', options.map)
  const { ctx } = createTestCtx({
    cacheRoot: join(root, 'cache'),
    versionsDir: join(root, 'versions'),
    buildsRoot: join(root, 'homes'),
    modelsDir: join(root, 'models'),
  })
  return draftFromWorkflow(ctx, file, { map, instance: options.instance ?? null })
}

function write(name: string, value: unknown): string {
  const file = join(root, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  return file
}

function ui(nodes: readonly object[], more: object = {}) {
  return {
    nodes: nodes.map((node, id) => ({ id, mode: 0, ...node })),
    links: [],
    version: 0.4,
    ...more,
  }
}

function lockOf(part: object) {
  return {
    schema_version: 1,
    version_id: 'x',
    comfy: { repo: 'x', ref: null, commit: B },
    custom_nodes: [],
    models: [],
    python_packages: [],
    env: {},
    options: { offline: false, skip_models: false },
    ...part,
  }
}

function notes({ notes: all }: SpecDraft): string[] {
  return all.map(({ code, subject, detail }) => `${code} ${subject}: ${detail}`)
}

describe('packs', () => {
  test('what the nodes say of themselves: registry, GitHub, core', async () => {
    const found = await draft(
      ui([
        { type: 'KSampler', properties: { cnr_id: 'comfy-core', ver: '0.3.40' } },
        { type: 'SaveImage', properties: { cnr_id: 'comfy-core', ver: '0.3.9' } },
        { type: 'GetNode', properties: { cnr_id: 'comfyui-kjnodes', ver: '1.1.3' } },
        { type: 'ImageResizeKJ', properties: { cnr_id: 'comfyui-kjnodes', ver: '1.0.10' } },
        { type: 'Own', properties: { aux_id: 'u/own', ver: A } },
        { type: 'Nightly', properties: { cnr_id: 'nightly-pack', aux_id: 'u/nightly', ver: B } },
        { type: 'Loose', properties: { cnr_id: 'loose', ver: 'unknown' } },
        { type: 'Note' },
        { type: 'MarkdownNote' },
        { type: 'Reroute' },
        { type: 'PrimitiveNode' },
      ]),
    )
    expect(found.spec).toEqual({
      comfy: { repo: 'https://github.com/Comfy-Org/ComfyUI', ref: 'v0.3.40' },
      custom_nodes: [
        { registry: 'comfyui-kjnodes', version: '1.1.3' },
        { repo: 'https://github.com/u/own', commit: A },
        { repo: 'https://github.com/u/nightly', commit: B },
        { registry: 'loose' },
      ],
    })
    expect(notes(found)).toEqual([
      'CORE_FROM_WORKFLOW v0.3.40: 0.3.9',
      'PACK_VERSIONS comfyui-kjnodes: 1.1.3, 1.0.10',
      'PACK_NOT_PINNED loose: -',
    ])
  })

  const map = {
    'https://github.com/comfyanonymous/ComfyUI': [['KSampler'], { title_aux: 'ComfyUI' }],
    [KJ]: [['GetNode'], { title_aux: 'KJ' }],
    'https://github.com/u/third': [['Both'], { title_aux: 't' }],
    'https://github.com/u/other': [['Both', 'KSampler'], { title_aux: 'o' }],
    'https://github.com/u/patterned': [[], { nodename_pattern: '\\(mine\\)$' }],
    'https://github.com/u/slow': [[], { nodename_pattern: '^(a+)+$' }],
  }

  test('a map knows the rest; several owners are a note, patterns count, the core wins', async () => {
    const slow = 'a'.repeat(100) + '!'
    const nodes = ['KSampler', 'GetNode', 'Both', 'Thing (mine)', 'Nobody', slow]
    const found = await draft(ui(nodes.map((type) => ({ type }))), { map })
    expect(found.spec).toEqual({
      custom_nodes: [{ repo: KJ }, { repo: 'https://github.com/u/patterned' }],
    })
    expect(notes(found)).toEqual([
      `PACK_NOT_PINNED ComfyUI-KJNodes: ${KJ}`,
      'PACK_NOT_PINNED patterned: https://github.com/u/patterned',
      'NODE_AMBIGUOUS Both: https://github.com/u/third, https://github.com/u/other',
      'NODE_UNKNOWN Nobody: 4',
      `NODE_UNKNOWN ${slow}: 5`,
    ])
  })

  test('a type that a needed pack has is no question, and a copy is no author', async () => {
    const copy = 'https://github.com/u/copy'
    const forked = {
      [KJ]: [['GetNode', 'SetNode'], {}],
      [copy]: [['SetNode', 'Seed (rgthree)', 'Mine'], {}],
      'https://github.com/rgthree/rgthree-comfy': [[], { nodename_pattern: ' \\(rgthree\\)$' }],
      'https://github.com/u/mine': [[], { preemptions: ['Mine'] }],
    }
    const nodes = ['GetNode', 'SetNode', 'Seed (rgthree)', 'Mine'].map((type) => ({ type }))
    const found = await draft(ui(nodes), { map: forked })
    expect(found.spec.custom_nodes).toEqual([{ repo: KJ }, { repo: 'https://github.com/u/mine' }])
    expect(notes(found).filter((text) => text.startsWith('NODE'))).toEqual([
      `NODE_AMBIGUOUS Seed (rgthree): ${copy}, https://github.com/rgthree/rgthree-comfy`,
    ])
  })

  test('what was imported on this machine is known with its commit', async () => {
    const cache = cachePaths(join(root, 'cache'))
    const repo = 'https://example.org/u/seen'
    const record = { reason: null, seconds: 1, writes: [], context: '', schema: 1 as const }
    const at = (commit: string) => checkoutPaths(cache, parseAddress(repo, '/'), commit).record
    writePackRecord(at(A), { ...record, ok: true, nodes: ['Seen'] })
    const pack = { repo, ref: null, commit: A, name: 'seen', install_requirements: true }
    const custom_nodes = [pack, { ...pack, commit: B, name: 'not-checked' }]
    write('cache/resolved/x.lock.json', lockOf({ custom_nodes }))
    write('cache/resolved/damaged.lock.json', '{')
    const found = await draft({ 1: { class_type: 'Seen', inputs: {} } })
    expect(found.spec.custom_nodes).toEqual([{ repo, commit: A }])
  })

  test("ComfyUI's own types need neither a map nor an instance", async () => {
    const node = (class_type: string) => ({ class_type, inputs: {} })
    const types = ['KSampler', 'VAEDecode', 'SaveImage', 'CreateHookLora', 'Epsilon Scaling', 'No']
    const found = await draft(Object.fromEntries(types.map((type, id) => [id, node(type)])))
    expect(found.spec).toEqual({})
    expect(notes(found)).toEqual(['NODE_UNKNOWN No: 5'])
  })

  test('a core that a version of this machine uses tells its types by its source', async () => {
    const repo = 'https://example.org/u/fork'
    const cache = cachePaths(join(root, 'cache'))
    const { tree, complete } = checkoutPaths(cache, parseAddress(repo, '/'), A)
    write('cache/resolved/x.lock.json', lockOf({ comfy: { repo, ref: null, commit: A } }))
    for (const [path, type] of [
      ['nodes.py', 'ForkNode'],
      ['comfy_extras/nodes_extra.py', 'ForkExtra'],
      ['comfy_extras/other.py', 'NotLoaded'],
    ] as const)
      writeAtomic(join(tree, path), `NODE_CLASS_MAPPINGS = {\n    "${type}": A,\n}\n`)
    const workflow = ui([{ type: 'ForkNode' }, { type: 'ForkExtra' }, { type: 'NotLoaded' }])
    expect(notes(await draft(workflow))).toHaveLength(3)
    writeAtomic(complete, '')
    expect(notes(await draft(workflow))).toEqual(['NODE_UNKNOWN NotLoaded: 2'])
  })

  test('packs of the registry and folders of repositories are known with their pins', async () => {
    const cache = cachePaths(join(root, 'cache'))
    const pin = { id: 'kj', version: '1.2.0', url: 'https://example.org/kj.zip', sha256: HASH }
    const none = { repo: null, ref: null, commit: null, install_requirements: true }
    const mono = { ...none, repo: 'https://example.org/u/mono', commit: A }
    const packs = [
      { ...none, name: 'kj', registry: pin },
      { ...mono, name: 'one', subdir: 'packs/one' },
      { ...mono, name: 'two', subdir: 'packs/two' },
    ]
    // a version that lost its lock is known by its home
    write('versions/lost.json', {})
    const lock = JSON.stringify(lockOf({ custom_nodes: packs.slice(1) }))
    const marker = { schema: 1, tool: 'comfypin', version_id: 'lost', lock }
    write('homes/comfy-lost/.comfypin.json', marker)
    write('cache/resolved/x.lock.json', lockOf({ custom_nodes: packs.slice(0, 1) }))
    const tree = checkoutPaths(cache, parseAddress(mono.repo, '/'), A)
    const imported = { schema: 1, ok: true, reason: null, seconds: 1, writes: [], context: '' }
    for (const [path, type] of [
      [packagePaths(cache, pin).record, 'FromRegistry'],
      [pathsOfFolder(tree, 'packs/one').record, 'One'],
      [pathsOfFolder(tree, 'packs/two').record, 'Two'],
    ] as const)
      writeAtomic(path, JSON.stringify({ ...imported, nodes: [type] }))
    const found = await draft(ui([{ type: 'FromRegistry' }, { type: 'One' }, { type: 'Two' }]))
    expect(found.spec.custom_nodes).toEqual([
      { registry: 'kj', version: '1.2.0' },
      { repo: mono.repo, commit: A, subdir: 'packs/one', name: 'one' },
      { repo: mono.repo, commit: A, subdir: 'packs/two', name: 'two' },
    ])
    expect(notes(found)).toEqual([])
  })

  test('a running ComfyUI tells the folder, its manager the pack', async () => {
    const instance = await startInstance({
      '/object_info': {
        KSampler: { python_module: 'nodes' },
        Extra: { python_module: 'comfy_extras.nodes_x' },
        Mapped: { python_module: 'custom_nodes.ComfyUI-KJNodes' },
        Managed: { python_module: 'custom_nodes.managed' },
        Foreign: { python_module: 'custom_nodes.foreign' },
      },
      '/customnode/installed': { managed: { ver: '2.0.0', cnr_id: 'managed-pack', aux_id: null } },
    })
    const types = ['KSampler', 'Extra', 'Mapped', 'Managed', 'Foreign']
    const found = await draft(ui(types.map((type) => ({ type }))), { instance, map })
    expect(found.spec.custom_nodes).toEqual(
      [{ registry: 'managed-pack', version: '2.0.0' }, { repo: KJ }].toReversed(),
    )
    expect(notes(found)).toContain('NODE_FOLDER Foreign: foreign')
  })

  test.each(['http://127.0.0.1:1', 'file:///etc/passwd', 'no'])(
    'an instance at %s does not answer',
    async (instance) => {
      const failure = await failureOf(draft(ui([{ type: 'X' }]), { instance }))
      expect(failure).toMatchObject({ code: 'INSTANCE_UNREACHABLE' })
    },
  )

  test('nodes inside of subgraphs and groups count, muted and bypassed ones do not', async () => {
    const inner = (type: string, id: number) => ({ id, type, mode: 0 })
    const definitions = {
      subgraphs: [
        { id: 'sub-1', nodes: [inner('InSub', 1), inner('sub-2', 2)] },
        { id: 'sub-2', nodes: [inner('Deep', 1), inner('sub-1', 2)] },
        { id: 'sub-3', nodes: [inner('InMuted', 1)] },
        { id: 'unused', nodes: [inner('Unused', 1)] },
      ],
    }
    const groupNodes = { G: { nodes: [inner('Grouped', 0)] } }
    const found = await draft(
      ui(
        [
          { type: 'sub-1' },
          { type: 'sub-3', mode: 2 },
          { type: 'Bypassed', mode: 4 },
          { type: 'workflow>G' },
        ],
        { definitions, extra: { groupNodes } },
      ),
    )
    expect(notes(found)).toEqual([
      'NODE_UNKNOWN InSub: 0:1',
      'NODE_UNKNOWN Deep: 0:2:1',
      'NODE_INACTIVE InMuted: 1:1',
      'NODE_INACTIVE Bypassed: 2',
      'NODE_UNKNOWN Grouped: 3:0',
    ])
  })

  test('subgraphs that contain each other many times are looked at once', async () => {
    const subgraphs = Array.from({ length: 40 }, (_, at) => ({
      id: `s${at}`,
      nodes: Array.from({ length: 40 }, (_unused, id) => ({ id, type: `s${at + 1}` })),
    }))
    const found = await draft(ui([{ type: 's0' }], { definitions: { subgraphs } }))
    expect(notes(found)).toHaveLength(1)
  })
})

describe('models', () => {
  test('the workflow itself names sources; only what a widget uses counts', async () => {
    const url = 'https://huggingface.co/a/b/resolve/main/m.safetensors'
    const found = await draft(
      ui([
        {
          type: 'CheckpointLoaderSimple',
          widgets_values: ['sub\\m.safetensors'],
          properties: {
            cnr_id: 'comfy-core',
            models: [
              { name: 'm.safetensors', url, directory: 'checkpoints', hash: A, hash_type: 'MD5' },
              { name: 'unused.safetensors', url: `${url}2`, directory: 'loras' },
            ],
          },
        },
      ]),
    )
    expect(found.spec.models).toEqual([
      { source: url, name: 'm.safetensors', target_subdir: 'checkpoints/sub' },
    ])
    expect(notes(found)).toEqual([`MODEL_OFF unused.safetensors: ${url}2`])
  })

  test('the model store and other versions know sources', async () => {
    const source = 'https://example.org/lora.safetensors'
    writeRecord(join(root, 'models'), {
      source,
      path: 'loras/style/lora.safetensors',
      size: 1,
      etag: null,
      sha256: B.slice(0, 24).concat(A),
    })
    const model = (url: string, dir: string) => ({ source: url, target_subdir: dir })
    write('versions/other.json', {
      schema_version: 2,
      version_id: 'other',
      comfy: { repo: 'https://example.org/core' },
      models: [
        model('hf://a/b/vae.pt', 'vae'),
        model('https://example.org/1/twice.ckpt', 'checkpoints'),
        model('https://example.org/2/twice.ckpt', 'checkpoints/more'),
      ],
    })
    write('versions/broken.json', '{')
    const node = (class_type: string, inputs: object) => ({ class_type, inputs })
    const found = await draft({
      1: node('LoraLoader', { lora_name: 'style/lora.safetensors', model: ['2', 0] }),
      2: node('VAELoader', { vae_name: 'vae.pt' }),
      3: node('CheckpointLoaderSimple', { ckpt_name: 'twice.ckpt' }),
      4: node('UNETLoader', { unet_name: 'nowhere.gguf' }),
      5: node('Power Lora Loader', { lora_1: { on: true, lora: 'deep.safetensors' } }),
    })
    expect(found.spec.models).toEqual([
      {
        source,
        name: 'lora.safetensors',
        target_subdir: 'loras/style',
        checksum: `sha256:${B.slice(0, 24)}${A}`,
      },
      { source: 'hf://a/b/vae.pt', name: 'vae.pt', target_subdir: 'vae' },
    ])
    expect(notes(found).filter((text) => text.startsWith('MODEL'))).toEqual([
      'MODEL_AMBIGUOUS twice.ckpt: https://example.org/1/twice.ckpt, https://example.org/2/twice.ckpt',
      'MODEL_NOT_FOUND UNETLoader 4: diffusion_models/nowhere.gguf',
      'MODEL_NOT_FOUND Power Lora Loader 5: ?/deep.safetensors',
    ])
  })

  test.each([
    ['file:///etc/passwd', 'checkpoints'],
    ['https://example.org/x.pt', '../../etc'],
    ['https://example.org/x.pt', '../.venv/lib'],
    ['https://example.org/x.pt', '.comfypin'],
  ])('a workflow cannot have %s put into %s', async (url, directory) => {
    const models = [{ name: 'x.pt', url, directory }]
    const found = await draft(ui([{ type: 'X', widgets_values: ['x.pt'], properties: { models } }]))
    expect(found.spec.models).toBeUndefined()
    expect(notes(found).join()).toContain('VALUE_REFUSED')
  })
})

test.each([['[]'], ['{}'], ['{"nodes": []}'], ['{"nodes'], ['null'], ['{"a": 1}']])(
  '%j is no workflow',
  async (text) => {
    expect(await failureOf(draft(text))).toMatchObject({ code: 'WORKFLOW_UNREADABLE' })
  },
)

/** A server that answers like ComfyUI where it is asked. */
async function startInstance(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const answer = answers[url]
    response.statusCode = answer === undefined ? 404 : 200
    response.end(JSON.stringify(answer ?? {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  whenOver(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}
