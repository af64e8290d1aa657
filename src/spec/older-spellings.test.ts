import { describe, expect, test } from 'vitest'
import { parseSpec } from './parse.ts'
import type { SpecModel, SpecPack } from './types.ts'

/** Specs of the predecessor: what it accepted is accepted, and what is not used is told (R13, R22). */
const base = {
  schema_version: 2,
  version_id: 'demo',
  comfy: { repo: 'https://example.org/a/ComfyUI' },
}
const source = 'https://example.org/m.safetensors'
const repo = 'https://example.org/a/pack.git'

function parse(part: object, env: Record<string, string> = {}) {
  return parseSpec(JSON.stringify({ ...base, ...part }), 'versions/demo.json', env)
}

function modelOf(model: object, env: Record<string, string> = {}): SpecModel | undefined {
  const { spec, problems } = parse({ models: [{ source, ...model }] }, env)
  expect(problems).toEqual([])
  return spec?.models[0]
}

function packOf(pack: object): SpecPack | undefined {
  const { spec, problems } = parse({ custom_nodes: [pack] })
  expect(problems).toEqual([])
  return spec?.custom_nodes[0]
}

/** Paths of fields that are overruled, and by what. */
function overruled(part: object): unknown[] {
  return parse(part).warnings.map(({ code, params }) => [code, params['path'], params['winner']])
}

test('null stands for an absent field everywhere but in what is required', () => {
  const nothing = ['custom_nodes', 'models', 'python_packages', 'python_overrides']
  const others = ['python_twins', 'env', 'options']
  const nulls = Object.fromEntries([...nothing, ...others].map((key) => [key, null]))
  expect(parse(nulls)).toMatchObject({ problems: [], warnings: [], spec: { models: [], env: {} } })
  const absent = { ref: null, commit: null, name: null, target_dir: null, subdir: null }
  const unset = { registry: null, version: null, install_requirements: null }
  expect(packOf({ repo, ...absent, ...unset })).toEqual(packOf({ repo }))
  const placeless = { name: null, target_subdir: null, target_path: null, path: null }
  expect(modelOf({ ...placeless, checksum: null })).toEqual(modelOf({}))
  expect(packOf({ registry: 'kj-nodes', repo: null })).toEqual(packOf({ registry: 'kj-nodes' }))
  expect(parse({ options: { offline: null, skip_models: null } }).problems).toEqual([])
})

test('so does an empty text', () => {
  const empty = { name: '', target_subdir: '', target_path: '', checksum: '' }
  expect(modelOf({ ...empty, path: 'loras' })).toEqual(modelOf({ path: 'loras' }))
  const pack = { repo, name: '', target_dir: '', ref: '', commit: '' }
  expect(packOf(pack)).toEqual(packOf({ repo }))
  expect(packOf({ registry: 'kj-nodes', repo: '' })).toEqual(packOf({ registry: 'kj-nodes' }))
  const comfy = { ...base.comfy, ref: '', commit: '' }
  expect(parse({ comfy }).spec?.comfy).toEqual({ ...base.comfy, ref: null, commit: null })
  expect(parse({ comfy: { repo: '' } }).problems).toMatchObject([
    { path: '$.comfy.repo', expected: 'a text that is not empty' },
  ])
})

test.each([
  ...[true, 1, '1', 'true', 'True', 'TRUE'].map((value) => ({ value, means: true })),
  ...[false, 0, '0', 'false', 'False', 'FALSE'].map((value) => ({ value, means: false })),
])('a boolean may be written $value', ({ value, means }) => {
  const options = { offline: value, skip_models: value }
  expect(parse({ options }).spec?.options).toEqual({ offline: means, skip_models: means })
  expect(packOf({ repo, install_requirements: value })?.install_requirements).toBe(means)
})

test.each(['yes', 'on', '', 2, [], 'tRuE'])('but not %j', (value) => {
  const problems = parse({ options: { offline: value } }).problems.map(({ path }) => path)
  expect(problems).toEqual(['$.options.offline'])
})

test.each([
  [`sha256:${'ab'.repeat(32)}`, 'sha256', 'ab'.repeat(32)],
  [`SHA256:${'AB'.repeat(32)}`, 'sha256', 'ab'.repeat(32)],
  ['Ab'.repeat(32), 'sha256', 'ab'.repeat(32)],
  [`md5:${'Cd'.repeat(16)}`, 'md5', 'cd'.repeat(16)],
  [`MD5:${'cd'.repeat(16)}`, 'md5', 'cd'.repeat(16)],
])('checksum %s', (checksum, algorithm, hex) => {
  expect(modelOf({ checksum })?.checksum).toEqual({ algorithm, hex })
})

test.each(['cd'.repeat(16), `sha1:${'ab'.repeat(20)}`, `md5:${'ab'.repeat(32)}`, 'sha256:'])(
  'checksum %s is a problem',
  (checksum) => {
    const { problems } = parse({ models: [{ source, checksum }] })
    expect(problems.map(({ path }) => path)).toEqual(['$.models[0].checksum'])
  },
)

describe('a model goes to', () => {
  const env = {
    MODELS_DIR: '/vol/models',
    COMFY_HOME: '/vol/home',
    SUB: 'mine',
    OUT: '/vol/models/x',
  }

  test.each([
    [{ target_path: '$MODELS_DIR' }, 'models', '', null],
    [{ target_path: '${MODELS_DIR}/vae/' }, 'models', 'vae', null],
    [{ target_path: '$MODELS_DIR/$SUB/a.pt' }, 'models', 'mine', 'a.pt'],
    [{ target_path: 'models/vae' }, 'models', 'vae', null],
    [{ target_subdir: 'models/vae' }, 'models', 'vae', null],
    [{ target_subdir: '$MODELS_DIR/vae' }, 'models', 'vae', null],
    [{ target_path: '$COMFY_HOME/models/vae' }, 'home', 'models/vae', null],
    [{ target_path: '/vol/models/vae/b.ckpt' }, 'models', 'vae', 'b.ckpt'],
    [{ path: '$OUT' }, 'models', 'x', null],
    [{ path: '/vol/home/custom_nodes/aux/ckpts' }, 'home', 'custom_nodes/aux/ckpts', null],
    [{ target_path: 'loras/v1.5' }, 'models', 'loras/v1.5', null],
    [{ target_path: 'loras/a.safetensors/' }, 'models', 'loras/a.safetensors', null],
  ] as const)('%j', (fields, root, dir, name) => {
    expect(modelOf(fields, env)).toMatchObject({ target: { root, dir }, name })
  })

  test.each(['/vol/models2/x', '/vol', '/vol/models/../x', '/vol/models/.comfypin/sources'])(
    'nowhere else: %s',
    (target_path) => {
      const { problems } = parse({ models: [{ source, target_path }] }, env)
      expect(problems.map(({ path }) => path)).toEqual(['$.models[0].target_path'])
    },
  )

  test('the folder it is given, when the name is given too', () => {
    expect(modelOf({ name: 'a.pt', target_path: 'loras/v1.5' })).toMatchObject({
      target: { dir: 'loras/v1.5' },
      name: 'a.pt',
    })
  })
})

describe('a field that another one overrules is a warning', () => {
  test('of a model', () => {
    const models = [
      { source, target_path: 'loras', path: 'vae', target_subdir: 'checkpoints' },
      { source, path: 'loras/a.pt', name: 'b.pt' },
    ]
    expect(overruled({ models })).toEqual([
      ['SPEC_FIELD_OVERRULED', '$.models[0].path', 'target_path'],
      ['SPEC_FIELD_OVERRULED', '$.models[0].target_subdir', 'target_path'],
      ['SPEC_FIELD_OVERRULED', '$.models[1].path', 'name'],
    ])
  })

  test('of a pack', () => {
    const custom_nodes = [{ repo, name: 'one', target_dir: 'custom_nodes/two' }]
    expect(overruled({ custom_nodes })).toEqual([
      ['SPEC_FIELD_OVERRULED', '$.custom_nodes[0].target_dir', 'name'],
    ])
  })

  test('unless both say the same', () => {
    const models = [
      { source, target_path: '$MODELS_DIR/loras/a.pt', path: 'loras/a.pt', name: 'a.pt' },
      { source, target_path: 'models/loras/b.pt', target_subdir: 'loras/' },
    ]
    const custom_nodes = [{ repo, name: 'one', target_dir: './custom_nodes/one/' }]
    expect(overruled({ models, custom_nodes })).toEqual([])
  })
})
