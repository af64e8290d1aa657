import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../test/helpers/failure.ts'
import type { SpecDraft } from '../draft.ts'
import { parseSpec } from '../parse.ts'
import { importers } from './formats.ts'
import { detectFormat, readForeign } from './read-foreign.ts'

const fixtures = join(import.meta.dirname, '../../../test/fixtures/imports')
const CORE = 'https://github.com/Comfy-Org/ComfyUI'
const A = `3b6f6f2${'a'.repeat(33)}`
const B = `6a517eb${'b'.repeat(33)}`
const SUM = 'c'.repeat(64)
const SD15 = {
  source: 'https://example.org/sd15.safetensors',
  name: 'sd15.safetensors',
  target_subdir: 'checkpoints',
}

function read(name: string) {
  return readForeign(readFileSync(join(fixtures, name), 'utf8'), name)
}

function codes({ notes }: SpecDraft): string[] {
  return notes.map(({ code, subject }) => `${code} ${subject}`)
}

describe('each format becomes a draft', () => {
  test.each([
    ['manager.json', 'ComfyUI-Manager snapshot'],
    ['manager.yaml', 'ComfyUI-Manager snapshot'],
    ['manager-deps.json', 'ComfyUI-Manager dependencies of a workflow'],
    ['comfy.lock.yaml', 'comfy.lock.yaml of comfy-cli'],
    ['comfygit.toml', 'comfygit pyproject.toml'],
    ['comfydock.toml', 'comfygit pyproject.toml'],
    ['desktop.json', 'Comfy Desktop 2 snapshot'],
    ['desktop-envelope.json', 'Comfy Desktop 2 snapshot'],
    ['comfyui-api.yaml', 'comfyui-api manifest'],
    ['comfy-build.yaml', 'comfy-build.yaml'],
    ['distribution.json', 'comfy-build.yaml'],
    ['comfy-pack.json', 'comfy-pack snapshot.json'],
    ['comfy-pack-old.json', 'comfy-pack snapshot.json'],
    ['launcher.json', 'ComfyUI-Launcher launcher.json'],
    ['cog.json', 'cog-comfyui custom_nodes.json'],
  ])('%s is known as %s', async (name, format) => {
    expect(await detectFormat(readFileSync(join(fixtures, name), 'utf8'), name)).toBe(format)
  })

  test('a Manager snapshot: commits, registry packs, exact packages; what is local is noted', async () => {
    const draft = await read('manager.json')
    expect(draft.spec).toEqual({
      comfy: { repo: CORE, commit: A },
      custom_nodes: [
        { repo: 'https://github.com/ltdrdata/ComfyUI-Impact-Pack.git', commit: B },
        { repo: 'https://example.org/u/private.git', commit: B },
        { registry: 'comfyui-kjnodes', version: '1.1.3' },
        { registry: 'comfyui-nightly' },
      ],
      python_packages: [
        'numpy==1.26.4',
        'torch==2.13.0',
        'nvidia-ml-py==13.580.82',
        `somepkg @ git+https://github.com/x/y@${B}`,
      ],
    })
    expect(codes(draft)).toEqual([
      'PACK_DISABLED https://github.com/u/off',
      'LOGIN_REMOVED private',
      'PACK_NOT_PINNED comfyui-nightly',
      'PACK_FILE my_node.py',
      'PACKAGE_BUILD torch==2.13.0',
      'PACKAGE_TOOL pip',
      'PACKAGE_LEFT_OUT local',
      'PACKAGE_LEFT_OUT editable',
      'PACKAGES_OF_TORCH torch',
    ])
  })

  test('its YAML: a version such as 1.10 is no number', async () => {
    const { spec } = await read('manager.yaml')
    expect(spec.custom_nodes).toEqual([
      { repo: 'https://github.com/ltdrdata/ComfyUI-Impact-Pack', commit: B },
      { registry: 'comfyui-kjnodes', version: '1.10' },
    ])
  })

  test('the dependencies of a workflow: a dash is no commit, unknown node types are noted', async () => {
    const draft = await read('manager-deps.json')
    expect(draft.spec.custom_nodes).toEqual([
      { repo: 'https://github.com/cubiq/ComfyUI_essentials' },
      { repo: 'https://github.com/u/pinned', commit: B },
    ])
    expect(codes(draft)).toContain('NODE_UNKNOWN MysteryNode')
  })

  test('comfy.lock.yaml: models alone', async () => {
    const draft = await read('comfy.lock.yaml')
    expect(draft.spec).toEqual({ models: [SD15] })
    expect(codes(draft)).toEqual([
      'MODEL_SOURCE_UNKNOWN models/loras/lost.safetensors',
      'NO_PLACE basics',
    ])
  })

  test.each(['comfygit.toml', 'comfydock.toml'])('%s: packs, models, groups', async (name) => {
    const draft = await read(name)
    expect(draft.spec).toEqual({
      comfy: { repo: CORE, ref: 'v0.3.40', commit: A },
      custom_nodes: [
        { registry: 'comfyui-kjnodes', version: '1.1.3' },
        { repo: 'https://github.com/ltdrdata/ComfyUI-Impact-Pack', commit: B },
      ],
      models: [SD15],
      python_packages: ['pillow>=10'],
      env: { COMFY_PYTHON: '3.12' },
    })
    expect(codes(draft)).toEqual(
      expect.arrayContaining([
        'PACK_UNKNOWN mine',
        'MODEL_OTHER_SOURCES models/checkpoints/sd15.safetensors',
        'MODEL_SOURCE_UNKNOWN models/loras/lost.safetensors',
        'NO_PLACE tool.uv',
      ]),
    )
  })

  test('a Desktop 2 snapshot: folder names, disabled packs, Python', async () => {
    const draft = await read('desktop.json')
    expect(draft.spec).toEqual({
      comfy: { repo: CORE, ref: 'v0.26.0', commit: A },
      custom_nodes: [
        { registry: 'comfyui-kjnodes', version: '1.1.3' },
        { repo: 'https://github.com/u/x', commit: B, name: 'X-Nodes' },
      ],
      python_packages: ['numpy==1.26.4', 'torch==2.9.0'],
      env: { COMFY_PYTHON: '3.12' },
    })
    expect(codes(draft)).toEqual(
      expect.arrayContaining(['PACK_DISABLED off', 'PACK_FILE one.py', 'NO_PLACE trigger']),
    )
  })

  test('its export: the newest snapshot counts, the others are noted', async () => {
    const draft = await read('desktop-envelope.json')
    expect(draft.spec.comfy).toMatchObject({ commit: A })
    expect(draft.notes).toContainEqual({
      code: 'NO_PLACE',
      subject: 'snapshots',
      detail: '2026-06-01T00:00:00Z',
    })
  })

  test('a comfyui-api manifest: every way to write an address of a pack', async () => {
    const draft = await read('comfyui-api.yaml')
    expect(draft.spec.custom_nodes).toEqual([
      { registry: 'comfyui_essentials' },
      { registry: 'comfyui-kjnodes', version: '1.1.3' },
      { repo: 'https://github.com/u/tree', ref: 'main' },
      { repo: 'https://github.com/u/pinned', commit: B },
      { repo: 'https://github.com/u/tagged', ref: 'v1.2' },
      { repo: 'https://github.com/u/at', ref: 'dev' },
      { repo: 'https://gitlab.com/group/sub/lab', ref: 'v2' },
      { repo: 'https://bitbucket.org/u/bucket', ref: 'main' },
    ])
    expect(draft.spec.models?.map(({ name, target_subdir }) => `${target_subdir}/${name}`)).toEqual(
      ['checkpoints/a.safetensors', 'loras/b.safetensors', 'vae/c.safetensors'],
    )
    expect(codes(draft)).toEqual(
      expect.arrayContaining([
        'NO_PLACE apt',
        'NO_PLACE pip',
        'MODEL_AFTER_START models/vae/c.safetensors',
      ]),
    )
  })

  test('comfy-build: a Python 3.10 stays 3.10, what was uploaded has no source', async () => {
    const draft = await read('comfy-build.yaml')
    expect(draft.spec).toEqual({
      comfy: { repo: CORE, ref: 'v0.33.0' },
      custom_nodes: [
        { registry: 'comfyui-kjnodes', version: '1.1.3' },
        { repo: 'https://github.com/ltdrdata/ComfyUI-Impact-Pack', commit: B },
      ],
      models: [{ ...SD15, checksum: `sha256:${SUM}` }],
      python_packages: ['numpy==1.26.4'],
      env: { COMFY_PYTHON: '3.10' },
    })
    expect(codes(draft)).toContain('MODEL_SOURCE_UNKNOWN models/loras/mine.safetensors')
  })

  test('distribution.json: the older form of the same', async () => {
    const draft = await read('distribution.json')
    expect(draft.spec.comfy).toEqual({ repo: CORE, ref: 'v0.30.1' })
    expect(draft.spec.custom_nodes).toEqual([
      { repo: 'https://github.com/u/x', commit: B },
      { registry: 'comfyui-kjnodes', version: '1.1.3' },
    ])
    expect(codes(draft)).toContain('PACK_UNKNOWN mine')
  })

  test('comfy-pack: a path in download_url, Windows paths, a token in an address', async () => {
    const draft = await read('comfy-pack.json')
    expect(draft.spec.models).toEqual([
      {
        source: `hf://a/b@${B}/sub/x.safetensors`,
        name: 'sd15.safetensors',
        target_subdir: 'checkpoints',
        checksum: `sha256:${SUM}`,
      },
      {
        source: 'https://civitai.com/api/download/models/1',
        name: 'win.safetensors',
        target_subdir: 'loras',
        checksum: `sha256:${SUM}`,
      },
    ])
    expect(draft.spec.env).toEqual({ COMFY_PYTHON: '3.11' })
    expect(JSON.stringify(draft)).not.toContain('abc')
    expect((await read('comfy-pack-old.json')).spec.custom_nodes).toEqual([
      { repo: 'https://github.com/u/x', commit: B },
    ])
  })

  test('launcher.json: the first of several places, the workflow is noted', async () => {
    const draft = await read('launcher.json')
    expect(draft.spec.models).toMatchObject([{ source: 'https://example.org/a.safetensors' }])
    expect(codes(draft)).toEqual([
      'MODEL_OTHER_SOURCES models/checkpoints/a.safetensors',
      'NO_PLACE workflow_json',
    ])
  })

  test('cog: a commit of seven letters is kept, and noted', async () => {
    const draft = await read('cog.json')
    expect(draft.spec.custom_nodes?.[0]).toMatchObject({ commit: '33ff89f' })
    expect(codes(draft)).toContain('COMMIT_SHORT ComfyUI_essentials')
  })

  test.each(['manager.json', 'manager.yaml', 'comfy-pack.json', 'comfygit.toml', 'launcher.json'])(
    'what %s gives is a valid spec, registry packs apart',
    async (name) => {
      expect(problemsOf((await read(name)).spec)).toEqual([])
    },
  )
})

describe('hostile files', () => {
  const snapshot = (part: object) =>
    readForeign(JSON.stringify({ comfyui: A, git_custom_nodes: {}, ...part }), 'x.json')

  test.each([
    ['ext::sh -c touch% /tmp/x'],
    ['--upload-pack=touch /tmp/x'],
    ['file:///etc'],
    ['/etc'],
    ['../../x'],
    ['https://github.com/u/..'],
    ['https://github.com/u/x\u0000y'],
    ['javascript:alert(1)'],
  ])('%j is no repository', async (url) => {
    const draft = await snapshot({ git_custom_nodes: { [url]: { hash: B } } })
    expect(draft.spec.custom_nodes).toBeUndefined()
    expect(draft.notes.map(({ code }) => code)).toEqual(['VALUE_REFUSED'])
  })

  test.each(['--output=/tmp/x', 'a..b', 'x y', '$(id)\n'])('%j is no ref', async (hash) => {
    const draft = await snapshot({ git_custom_nodes: { 'https://github.com/u/x': { hash } } })
    expect(draft.spec.custom_nodes).toBeUndefined()
  })

  test.each([
    '../../../etc/passwd',
    '/etc/passwd',
    'models/../../x.safetensors',
    'models/.comfypin/sources/x.json',
    'custom_nodes/p/x.pth',
    '.venv/lib/python3.12/site-packages/x.pth',
    'models/../.venv/x.pth',
    'extra_model_paths.yaml',
    'input/../main.py',
    'models/$HOME/x.pt',
    '~/x.pt',
    'C:\\x.pt',
  ])('no model goes to %s', async (filename) => {
    const source = { source: 'other', url: 'https://example.org/x.pt' }
    const draft = await snapshot({ models: [{ filename, size: 1, source }] })
    expect(draft.spec.models).toBeUndefined()
    expect(codes(draft)).toEqual(['VALUE_REFUSED models'])
  })

  test('a file may go to the input folder', async () => {
    const files = [
      [{ download_url: 'https://example.org/a.png', dest_relative_path: 'input/a.png' }],
    ]
    const draft = await readForeign(JSON.stringify({ snapshot_json: {}, files }), 'x.json')
    expect(draft.spec.models).toEqual([
      {
        source: 'https://example.org/a.png',
        name: 'a.png',
        target_path: '$COMFY_HOME/input/a.png',
      },
    ])
    expect(problemsOf(draft.spec)).toEqual([])
  })

  test.each(['file:///etc/passwd', '/etc/passwd', 'ftp://x/y', 'http://'])(
    'no model comes from %s',
    async (url) => {
      const text = JSON.stringify({
        models: { before_start: [{ url, local_path: 'models/vae/x.pt' }] },
      })
      expect((await readForeign(text, 'x.json')).spec.models).toBeUndefined()
    },
  )

  test.each(['numpy==1\n--index-url=http://x', '${HOME}', '-r /etc/passwd', 'a; b / c', '../x'])(
    'no package %j is pinned',
    async (name) => {
      expect((await snapshot({ pips: { [name]: '' } })).spec.python_packages).toBeUndefined()
    },
  )

  test('keys of prototypes are data', async () => {
    const text = `{"comfyui": null, "cnr_custom_nodes": {"__proto__": "1.0", "constructor": "1.0"}, "__proto__": {"x": 1}}`
    const draft = await readForeign(text, 'x.json')
    expect(draft.spec.custom_nodes).toEqual([{ registry: 'constructor', version: '1.0' }])
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  test.each([
    ['aliases that grow', `a: &a [x,x,x,x,x]\n${grow('abcdefgh')}`],
    ['depth', '['.repeat(100_000)],
    ['depth in YAML', '- '.repeat(100_000)],
    ['broken JSON', '{"comfyui": '],
    ['size', `{"x": "${'x'.repeat(16 * 2 ** 20)}"}`],
  ])('%s: unreadable, and quickly', async (_what, text) => {
    expect(await failureOf(readForeign(text, 'x'))).toMatchObject({ code: 'IMPORT_UNREADABLE' })
  })

  test('an unknown format names the known ones', async () => {
    const failure = await failureOf(readForeign('{"a": 1}', 'x.json'))
    expect(failure).toMatchObject({ code: 'IMPORT_UNKNOWN_FORMAT', params: { file: 'x.json' } })
    const { known } = (failure as { params: { known: string } }).params
    for (const { format } of importers) expect(known).toContain(format)
  })

  test('a known format with wrong types names the places', async () => {
    const text = '{"git_custom_nodes": [], "cnr_custom_nodes": 3}'
    expect(await failureOf(readForeign(text, 'x.json'))).toMatchObject({
      code: 'IMPORT_INVALID',
      params: { format: 'ComfyUI-Manager snapshot' },
    })
  })

  test('whatever stands in a snapshot, the draft is a valid spec or an error of ours', async () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('https://github.com/u/x', 'git@host:u/x', B, 'models/vae/a.pt', 'a==1+cpu'),
    )
    const document = fc.record({
      comfyui: fc.option(word),
      git_custom_nodes: fc.dictionary(word, fc.record({ hash: fc.option(word) })),
      pips: fc.dictionary(word, word),
      python: word,
      models: fc.array(
        fc.record({ filename: word, source: fc.record({ url: word, download_url: word }) }),
      ),
    })
    await fc.assert(
      fc.asyncProperty(document, async (value) => {
        const draft = await readForeign(JSON.stringify(value), 'x.json')
        expect(problemsOf(draft.spec)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

function grow(names: string): string {
  const letters = names.split('')
  return letters
    .slice(1)
    .map((name, at) => `${name}: &${name} [${`*${letters[at]},`.repeat(9)}]`)
    .join('\n')
}

function problemsOf(spec: SpecDraft['spec']): string[] {
  const packs = (spec.custom_nodes ?? []).filter(({ registry }) => registry === undefined)
  const comfy = spec.comfy ?? { repo: CORE }
  const written = { schema_version: 2, version_id: 'x', ...spec, comfy, custom_nodes: packs }
  const { problems, warnings } = parseSpec(JSON.stringify(written), 'x.json', {})
  return [...problems.map(({ path, expected }) => `${path}: ${expected}`), ...warnings.map(String)]
}
