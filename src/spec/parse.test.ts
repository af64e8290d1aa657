import { describe, expect, test } from 'vitest'
import { parseSpec } from './parse.ts'

const valid = {
  schema_version: 2,
  version_id: 'demo',
  comfy: { repo: 'https://example.org/a/ComfyUI' },
}

function parse(spec: unknown, env: Record<string, string> = {}) {
  return parseSpec(JSON.stringify(spec, null, 2), 'versions/demo.json', env)
}

function problemPaths(spec: unknown): string[] {
  return parse(spec).problems.map(({ path }) => path)
}

test('a minimal spec gets every default', () => {
  const { spec, problems } = parse(valid)
  expect(problems).toEqual([])
  expect(spec).toEqual({
    ...valid,
    comfy: { repo: 'https://example.org/a/ComfyUI', ref: null, commit: null },
    custom_nodes: [],
    models: [],
    python_packages: [],
    python_overrides: [],
    python_twins: 'one',
    env: {},
    options: { offline: false, skip_models: false },
  })
})

test('all problems are reported in one run, each with its place', () => {
  const text = [
    '{',
    '  "schema_version": 1,',
    '  "version_id": "../x",',
    '  "comfy": {},',
    '  "models": [{ "source": 5 }],',
    '  "options": { "fast": true }',
    '}',
  ].join('\n')
  const { problems } = parseSpec(text, 'a.json', {})
  expect(problems).toEqual([
    { file: 'a.json', path: '$.schema_version', line: 2, column: 21, expected: '2', found: '1' },
    {
      file: 'a.json',
      path: '$.version_id',
      line: 3,
      column: 17,
      expected: 'a version id of letters, digits, ".", "_", "-"',
      found: '"../x"',
    },
    {
      file: 'a.json',
      path: '$.comfy.repo',
      line: 4,
      column: 12,
      expected: 'string',
      found: 'nothing',
    },
    {
      file: 'a.json',
      path: '$.models[0].source',
      line: 5,
      column: 26,
      expected: 'string',
      found: '5',
    },
    {
      file: 'a.json',
      path: '$.options.fast',
      line: 6,
      column: 24,
      expected: 'one of offline, skip_models, venv_mode',
      found: 'unknown option "fast"',
    },
  ])
})

test('a syntax error names line and column', () => {
  const { spec, problems } = parseSpec('{\n  "a": 1,,\n}', 'a.json', {})
  expect(spec).toBeNull()
  expect(problems[0]).toMatchObject({ line: 2, column: 10, expected: 'JSON' })
})

test('a spec that nests without end is a problem, not a crash', () => {
  const text = `{"schema_version": 2, "x": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`
  expect(parseSpec(text, 'a.json', {})).toMatchObject({
    spec: null,
    problems: [{ path: '$', expected: 'at most 100 levels of lists and objects' }],
  })
})

test('a key that stands twice is an error, not a silent choice', () => {
  const { problems } = parseSpec(
    '{"schema_version":2,"version_id":"a","version_id":"b","comfy":{"repo":"/x"}}',
    'b.json',
    {},
  )
  expect(problems).toMatchObject([{ path: '$.version_id', expected: 'each key once' }])
})

test('an unknown key is a warning that names it', () => {
  const { warnings } = parse({ ...valid, comfy: { ...valid.comfy, branch: 'x' }, workflows: [] })
  expect(warnings.map(({ params }) => params['path'])).toEqual(['$.workflows', '$.comfy.branch'])
})

test('a file name that differs from the id is a warning', () => {
  const { warnings } = parse({ ...valid, version_id: 'other' })
  expect(warnings).toMatchObject([{ code: 'SPEC_ID_MISMATCH' }])
})

test('older spellings of the predecessor are honoured', () => {
  const { version_id: id, ...rest } = valid
  const { spec, problems } = parse({
    ...rest,
    id,
    custom_nodes: [
      {
        repo: 'https://example.org/a/pack.git',
        target_dir: 'custom_nodes/Pack',
        install_requirements: '0',
      },
    ],
    models: [
      {
        source: 'https://example.org/m.safetensors',
        path: '$MODELS_DIR/loras',
        checksum: 'A'.repeat(64),
      },
    ],
    options: { offline: '1', skip_models: 'false' },
  })
  expect(problems).toEqual([])
  expect(spec?.version_id).toBe('demo')
  expect(spec?.custom_nodes[0]).toMatchObject({ name: 'Pack', install_requirements: false })
  expect(spec?.models[0]).toMatchObject({
    target: { root: 'models', dir: 'loras' },
    checksum: { algorithm: 'sha256', hex: 'a'.repeat(64) },
  })
  expect(spec?.options).toEqual({ offline: true, skip_models: false })
})

describe('hostile values are refused', () => {
  test.each(['..', 'a/b', '/etc', 'a\\b', '', '.hidden', 'a..b', 'x'.repeat(200), 'a\u0000b', 'ä'])(
    'version id %j',
    (id) => {
      expect(problemPaths({ ...valid, version_id: id })).toEqual(['$.version_id'])
    },
  )

  test.each([
    '-oProxyCommand=x',
    '--upload-pack=touch x',
    'ext::sh -c x',
    'https://a b/c\nd',
    'javascript://x',
    'https://[',
    '',
  ])('repository %j', (repo) => {
    expect(problemPaths({ ...valid, comfy: { repo } })).toEqual(['$.comfy.repo'])
  })

  test.each(['-x', '../x', 'a..b', 'a b', 'x~1', 'a:b', '@{u}', 'a.lock'])('ref %j', (ref) => {
    expect(problemPaths({ ...valid, comfy: { ...valid.comfy, ref } })).toEqual(['$.comfy.ref'])
  })

  test.each([
    '..',
    '.',
    'a/b',
    '../../x',
    '.git',
    'x.disabled',
    '__pycache__',
    'a:b',
    '-x',
    'a\\b',
    ' x. ',
  ])('pack name %j', (name) => {
    expect(
      problemPaths({ ...valid, custom_nodes: [{ repo: 'https://example.org/a/b', name }] }),
    ).toEqual(['$.custom_nodes[0].name'])
  })

  test.each([
    '../x',
    'loras/../../x',
    '/etc',
    '$MODELS_DIR/../x',
    '$COMFY_HOME/../../x',
    '${COMFY_HOME}/..',
    'a\\..\\b',
    'C:/x',
    '~/x',
    '$UNSET/x',
    '.comfypin/sources',
    'a\u0000b',
    '$EVIL',
    `loras/${'x'.repeat(241)}/a`,
    'deep/'.repeat(250),
  ])('model target %j', (target_path) => {
    const spec = {
      ...valid,
      models: [{ source: 'https://example.org/m.safetensors', target_path }],
    }
    const { problems } = parse(spec, { EVIL: '../../etc' })
    expect(problems.map(({ path }) => path)).toEqual(['$.models[0].target_path'])
  })

  test.each(['a/b', '..', 'x\u0000', 'a\\b', 'x'.repeat(300)])('model name %j', (name) => {
    expect(problemPaths({ ...valid, models: [{ source: '/m', name }] })).toEqual([
      '$.models[0].name',
    ])
  })

  test.each(['--index-url=https://evil', '-r /etc/passwd', 'a\nb'])('python package %j', (line) => {
    expect(problemPaths({ ...valid, python_packages: [line] })).toEqual(['$.python_packages[0]'])
  })

  test('an env name that is none', () => {
    expect(problemPaths({ ...valid, env: { 'A=B': '1' } })).toEqual(['$.env["A=B"]'])
  })

  test('keys that JavaScript objects treat specially', () => {
    const { spec, problems } = parseSpec(
      '{"schema_version":2,"version_id":"demo","comfy":{"repo":"/x"},"__proto__":{"polluted":1},"env":{"__proto__":"x"}}',
      'demo.json',
      {},
    )
    expect(problems.length + (spec === null ? 0 : 1)).toBeGreaterThan(0)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

test('two packs in one folder are an error, also when only the case differs', () => {
  const repo = 'https://example.org/a/Pack'
  expect(
    problemPaths({ ...valid, custom_nodes: [{ repo }, { repo: 'https://example.org/b/pack' }] }),
  ).toEqual(['$.custom_nodes[1].repo'])
})

test('a model target names a file when its last part has an extension', () => {
  const target = (target_path: string) =>
    parse({ ...valid, models: [{ source: '/m', target_path }] }).spec?.models[0]
  expect(target('$COMFY_HOME/custom_nodes/aux/ckpts')).toMatchObject({
    target: { root: 'home', dir: 'custom_nodes/aux/ckpts' },
    name: null,
  })
  expect(target('models/loras/a.safetensors')).toMatchObject({
    target: { root: 'models', dir: 'loras' },
    name: 'a.safetensors',
  })
})
