import { describe, expect, test } from 'vitest'
import { isRegistryId, isSubdir, isVersionRange, plainSubdir } from './pack-origin.ts'
import { parseSpec } from './parse.ts'

const REPO = 'https://example.org/a/mono.git'

function parse(...custom_nodes: unknown[]) {
  const comfy = { repo: 'https://example.org/a/ComfyUI' }
  const spec = { schema_version: 2, version_id: 'demo', comfy, custom_nodes }
  return parseSpec(JSON.stringify(spec, null, 2), 'versions/demo.json', {})
}

describe('a pack that is a folder of a repository', () => {
  test('is called after the folder', () => {
    const { spec, problems, warnings } = parse({ repo: REPO, subdir: './nodes/my-pack/' })
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] })
    expect(spec?.custom_nodes[0]).toEqual({
      ...{ repo: REPO, ref: null, commit: null, subdir: 'nodes/my-pack', registry: null },
      ...{ name: 'my-pack', install_requirements: true, state: null },
    })
  })

  test('may have another name, and two of one repository do not collide', () => {
    const { spec } = parse(
      { repo: REPO, subdir: 'a/nodes', name: 'x' },
      { repo: REPO, subdir: 'b/nodes' },
    )
    expect(spec?.custom_nodes.map(({ name }) => name)).toEqual(['x', 'nodes'])
    const same = parse({ repo: REPO, subdir: 'a/nodes' }, { repo: REPO, subdir: 'b/nodes' })
    expect(same.problems).toMatchObject([{ path: '$.custom_nodes[1].subdir' }])
  })

  test.each([
    '/etc',
    '../x',
    'a/../../x',
    'a\\b',
    'C:/x',
    '.',
    './',
    'a\u0000b',
    '.git/x',
    'a/.GIT',
  ])('is never %j', (subdir) => {
    expect(isSubdir(subdir)).toBe(false)
    expect(parse({ repo: REPO, subdir }).problems).toMatchObject([
      { path: '$.custom_nodes[0].subdir', expected: 'a folder inside the repository' },
    ])
  })

  test('is written in one way whatever the spec says', () => {
    expect(plainSubdir('./a//b/.')).toBe('a/b')
  })
})

describe('a pack of the registry', () => {
  test('is called after its id and has no repository', () => {
    const { spec, problems } = parse({ registry: 'comfyui-kjnodes', version: '^1.1' })
    expect(problems).toEqual([])
    expect(spec?.custom_nodes[0]).toMatchObject({
      ...{ repo: null, ref: null, commit: null, subdir: null, name: 'comfyui-kjnodes' },
      registry: { id: 'comfyui-kjnodes', version: '^1.1' },
    })
    expect(parse({ registry: 'x' }).spec?.custom_nodes[0]?.registry).toEqual({
      id: 'x',
      version: null,
    })
  })

  test.each(['', '../x', 'a/b', '-x', 'a..b', 'ä', 'x'.repeat(101), 'a b'])('is never %j', (id) => {
    expect(isRegistryId(id)).toBe(false)
  })

  test.each([
    '1.2.3',
    'v1.2.3',
    '^1',
    '~1.2',
    '1.x',
    '*',
    '>=1.0.0 <2',
    '>= 1',
    '1 - 2',
    '1 || ^3.1',
  ])('may have version %j', (version) => {
    expect(isVersionRange(version)).toBe(true)
  })

  test.each([
    '',
    '-',
    'latest',
    'main',
    '1.2.3; rm',
    '1/2',
    '1.2.3.4',
    '||',
    `1.${'0'.repeat(99)}`,
  ])('has no version %j', (version) => {
    expect(isVersionRange(version)).toBe(false)
    const { problems } = parse({ registry: 'x', version })
    expect(problems).toMatchObject([{ path: '$.custom_nodes[0].version' }])
  })
})

describe('a pack has exactly one origin, and only fields of that origin', () => {
  test.each([
    [{}, 'repo'],
    [{ name: 'x' }, 'repo'],
    [{ subdir: 'x' }, 'repo'],
    [{ repo: REPO, registry: 'x' }, 'registry'],
    [{ repo: REPO, version: '1.0.0' }, 'version'],
    [{ registry: 'x', ref: 'main' }, 'ref'],
    [{ registry: 'x', commit: 'main' }, 'commit'],
    [{ registry: 'x', subdir: 'a' }, 'subdir'],
  ])('%j', (pack, key) => {
    const { problems } = parse({ repo: REPO }, pack)
    expect(problems.map(({ path }) => path)).toEqual([`$.custom_nodes[1].${key}`])
    expect(problems[0]?.line).toBeGreaterThan(6)
  })

  test('and all that is wrong is told at once', () => {
    const { problems } = parse({}, { registry: 'x', ref: 'a', subdir: 'b' }, { repo: 5 })
    expect(problems.map(({ path }) => path)).toEqual([
      ...['$.custom_nodes[0].repo', '$.custom_nodes[1].ref', '$.custom_nodes[1].subdir'],
      '$.custom_nodes[2].repo',
    ])
  })
})
