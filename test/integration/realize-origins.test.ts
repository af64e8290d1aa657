import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRepo, type Repo } from '../helpers/git-repo.ts'
import { startRegistryServer, type RegistryServer } from '../helpers/registry-server.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { difference, treeOf } from '../helpers/tree.ts'
import { createWorld, type JsonAnswer, type SpecPart, type World } from '../helpers/world.ts'
import { zipOf } from '../helpers/zip.ts'

/** Packs from everywhere: folders of a repository, registry packages, files in Git LFS. */
let world: World
let registry: RegistryServer
let mono: Repo & { url: string }

beforeAll(async () => {
  world = await createWorld()
  const repo = createRepo(join(world.root, 'repos/mono.git'), {
    files: {
      'packs/one/__init__.py': nodeModule('MonoOne'),
      'packs/two/__init__.py': nodeModule('MonoTwo'),
      'packs/three/__init__.py': nodeModule('MonoThree'),
      'packs/away': { symlink: '/etc' },
      'README.md': 'x',
      'heavy/__init__.py': nodeModule('Heavy'),
      'heavy/.gitattributes': '*.bin filter=lfs\n',
      'heavy/w.bin': `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 9\n`,
    },
  })
  mono = { ...repo, url: `${world.git.url}/mono.git` }
  const files = (version: string) => ({
    '__init__.py': nodeModule(`Registry${version.replaceAll('.', '')}`),
    'pyproject.toml': `[project]\nname = "kj-nodes"\nversion = "${version}"\n`,
  })
  registry = await startRegistryServer({
    'kj-nodes': {
      versions: {
        '1.0.0': { files: files('1.0.0') },
        '1.2.0': { files: files('1.2.0') },
        '1.10.0': { files: files('1.10.0'), deprecated: true },
        '2.0.0': { files: files('2.0.0'), status: 'Flagged' },
        '3.0.0': { files: files('3.0.0'), status: 'Banned' },
        '4.0.0': { files: files('4.0.0'), status: 'Deleted' },
      },
    },
    evil: { status: 'Banned', versions: { '1.0.0': { files: files('1.0.0') } } },
    hostile: { versions: { '1.0.0': { zip: zipOf({ '../x.py': '' }) } } },
  })
  world.env['COMFYPIN_REGISTRY_ENDPOINT'] = registry.url
})

function lockOf(id: string) {
  return JSON.parse(readFileSync(join(world.cacheRoot, `resolved/${id}.lock.json`), 'utf8'))
}

function resolvePack(id: string, pack: SpecPart, ...args: string[]): Promise<JsonAnswer> {
  world.writeSpec(id, { custom_nodes: [pack] })
  return world.json(['resolve', id, ...args])
}

describe('a registry pack is pinned', () => {
  test('to a version and the hash of its archive, without counting an install', async () => {
    const seen = registry.requests.length
    const { exitCode } = await resolvePack('pinned', { registry: 'kj-nodes' })
    expect(exitCode).toBe(0)
    const zip = zipOf(registry.packs['kj-nodes']?.versions['1.2.0']?.files ?? {})
    const sha256 = createHash('sha256').update(zip).digest('hex')
    expect(lockOf('pinned').custom_nodes).toEqual([
      {
        ...{ name: 'kj-nodes', repo: null, ref: null, commit: null, install_requirements: true },
        registry: {
          id: 'kj-nodes',
          version: '1.2.0',
          url: `${registry.url}/cdn/kj-nodes/1.2.0/node.zip`,
          sha256,
        },
      },
    ])
    expect(existsSync(join(world.cacheRoot, 'archives', `${sha256}.zip`))).toBe(true)
    expect(registry.requests.slice(seen).toSorted()).toEqual([
      'GET /cdn/kj-nodes/1.2.0/node.zip',
      'GET /nodes/kj-nodes',
      'GET /nodes/kj-nodes/versions',
    ])
  })

  test('once: the same spec asks nobody again and gives the same bytes', async () => {
    await resolvePack('once', { registry: 'kj-nodes', version: '^1.0' })
    const before = treeOf(world.cacheRoot)
    const seen = registry.requests.length
    expect((await world.json(['resolve', 'once'])).data.changes).toEqual([])
    await resolvePack('once', { registry: 'kj-nodes', version: '1.x' })
    expect(registry.requests).toHaveLength(seen)
    expect(difference(before, treeOf(world.cacheRoot))).toEqual([])
  })

  test('anew when the spec wants another version, and when --refresh is asked for', async () => {
    await resolvePack('moved', { registry: 'kj-nodes', version: '1.0.0' })
    const seen = registry.requests.length
    const refreshed = await world.json(['resolve', 'moved', '--refresh'])
    expect(refreshed.data.changes).toEqual([])
    // its archive is here: the hash of a published version is known
    expect(registry.requests.slice(seen).filter((path) => path.includes('/cdn/'))).toEqual([])
    const { data } = await resolvePack('moved', { registry: 'kj-nodes', version: '^1.2' })
    expect(data.changes).toEqual([
      {
        subject: 'pack kj-nodes',
        from: expect.stringMatching(/^registry:kj-nodes@1\.0\.0 sha256:[0-9a-f]{12}$/),
        to: expect.stringMatching(/^registry:kj-nodes@1\.2\.0 sha256:[0-9a-f]{12}$/),
      },
    ])
  })

  test.each([
    ['2.0.0', 'the registry lists kj-nodes 2.0.0 as flagged'],
    ['1.10.0', 'its author calls kj-nodes 1.10.0 deprecated'],
  ])('with a warning when it is not a good one: %s', async (version, warning) => {
    world.writeSpec('warned', { custom_nodes: [{ registry: 'kj-nodes', version }] })
    const { exitCode, stderr } = await world.run(['resolve', 'warned'])
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`warning: ${warning}`)
  })

  test.each([
    ['kj-nodes', '3.0.0', 'REGISTRY_BANNED'],
    ['kj-nodes', '^3', 'REGISTRY_BANNED'],
    ['evil', undefined, 'REGISTRY_BANNED'],
    ['kj-nodes', '4.0.0', 'REGISTRY_NOT_FOUND'],
    ['kj-nodes', '^9', 'REGISTRY_NOT_FOUND'],
    ['kj-nodes', '9.9.9', 'REGISTRY_NOT_FOUND'],
    ['nobody', undefined, 'REGISTRY_NOT_FOUND'],
  ])('never to what is banned or not there: %s %s', async (id, version, code) => {
    const { error } = await resolvePack('refused', { registry: id, ...(version && { version }) })
    expect(error.code).toBe(code)
    if (id === 'kj-nodes') expect(error.hint).toContain('1.0.0')
    expect(existsSync(join(world.cacheRoot, 'resolved/refused.lock.json'))).toBe(false)
  })

  test('not while the registry fails, and that is said', async () => {
    registry.fail(503)
    const { error } = await resolvePack('failing', { registry: 'kj-nodes' })
    registry.fail(null)
    expect(error).toMatchObject({ code: 'REGISTRY_FAILED', params: { reason: 'HTTP 503' } })
  })

  test('offline only when it was before', async () => {
    const seen = registry.requests.length
    await resolvePack('unknown', { registry: 'kj-nodes' }, '--offline')
    expect(lockOf('unknown').custom_nodes[0].registry).toEqual({
      ...{ id: 'kj-nodes', version: null, url: null, sha256: null },
    })
    expect(registry.requests).toHaveLength(seen)
    await world.json(['resolve', 'unknown'])
    expect(lockOf('unknown').custom_nodes[0].registry.version).toBe('1.2.0')
  })
})

test('a lock from before these fields existed is kept to the byte', async () => {
  await resolvePack('old', world.pack('good'))
  const file = join(world.cacheRoot, 'resolved/old.lock.json')
  const text = readFileSync(file, 'utf8')
  expect(Object.keys(JSON.parse(text).custom_nodes[0])).toEqual([
    ...['commit', 'install_requirements', 'name', 'ref', 'repo'],
  ])
  await world.json(['resolve', 'old'])
  expect(readFileSync(file, 'utf8')).toBe(text)
})

describe('a realize', () => {
  beforeAll(() => {
    world.writeSpec('all', {
      custom_nodes: [
        { registry: 'kj-nodes', version: '1.0.0' },
        { repo: mono.url, commit: mono.commits[0], subdir: 'packs/one' },
        { repo: mono.url, commit: mono.commits[0], subdir: './packs/two/', name: 'second' },
        { repo: mono.url, commit: mono.commits[0], subdir: 'heavy' },
      ],
    })
  })

  test('is planned with origins and sizes, and the plan writes nothing', async () => {
    rmSync(join(world.cacheRoot, 'archives'), { recursive: true, force: true })
    const before = treeOf(world.root)
    const { data } = await world.json(['realize', 'all', '--dry-run'])
    const { stdout } = await world.run(['realize', 'all', '--dry-run'])
    expect(difference(before, treeOf(world.root))).toEqual([])
    expect(data.steps).toContainEqual(
      expect.objectContaining({
        ...{ id: 'checkout:custom_nodes/kj-nodes', action: 'download', repo: null },
        registry: { id: 'kj-nodes', version: '1.0.0' },
        size: expect.any(Number),
      }),
    )
    expect(stdout).toMatch(/checkout +download +kj-nodes +registry:kj-nodes@1\.0\.0 .*\d+ B/)
    expect(stdout).toMatch(/checkout +clone +one +http.*mono\.git@[0-9a-f]{12} packs\/one/)
  })

  test('puts the folder of each pack into place, and tells what LFS did not give', async () => {
    const { exitCode, stderr } = await world.run(['realize', 'all'])
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toContain('pack heavy lacks files from Git LFS (heavy/w.bin)')
    const nodes = join(world.home('all'), 'custom_nodes')
    expect(readdirSync(nodes).toSorted()).toEqual(['heavy', 'kj-nodes', 'one', 'second'])
    expect(readlinkSync(join(nodes, 'one'))).toMatch(/mono@[0-9a-f]{40}\/packs\/one$/)
    expect(readlinkSync(join(nodes, 'kj-nodes'))).toMatch(/kj-nodes@1\.0\.0-[0-9a-f]{12}$/)
    expect(readdirSync(join(nodes, 'second')).toSorted()).toEqual(['__init__.py', '__pycache__'])
    const { packs } = (await world.json(['realize', 'all'])).data
    expect(
      packs.map(({ name, ok, nodes: count }: Record<string, unknown>) => [name, ok, count]),
    ).toEqual(['kj-nodes', 'one', 'second', 'heavy'].map((name) => [name, true, 1]))
  })

  test('needs nothing the second time, and validate finds only what LFS lacks', async () => {
    const before = treeOf(world.root)
    const { data } = await world.json(['realize', 'all'], { PATH: '/nowhere' })
    expect(data).toMatchObject({ changed: false, steps: [] })
    expect(difference(before, treeOf(world.root))).toEqual([])
    const { data: found } = await world.json(['validate', 'all'])
    expect(found.problems).toEqual([
      expect.objectContaining({
        ...{ subject: 'pack heavy', code: 'LFS_MISSING' },
        problem: 'lacks LFS files: heavy/w.bin',
      }),
    ])
  })

  test('repairs a registry package that somebody changed', async () => {
    const tree = readlinkSync(join(world.home('all'), 'custom_nodes/kj-nodes'))
    writeFileSync(join(tree, 'notes.txt'), 'mine')
    const { data } = await world.json(['validate', 'all'])
    expect(data.problems).toContainEqual({
      ...{ subject: 'pack kj-nodes', code: 'CHECKOUT_CHANGED', params: { files: 'notes.txt' } },
      problem: 'changed in the cache: notes.txt',
    })
    const { exitCode, stderr } = await world.run(['realize', 'all', '--check'])
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`${tree} was changed (notes.txt)`)
    expect(existsSync(join(tree, 'notes.txt'))).toBe(false)
  })

  test('offline takes a registry package from its archive', async () => {
    const tree = readlinkSync(join(world.home('all'), 'custom_nodes/kj-nodes'))
    rmSync(tree, { recursive: true })
    const seen = registry.requests.length
    const { exitCode, stderr } = await world.run(['realize', 'all', '--offline'])
    expect(exitCode, stderr).toBe(0)
    expect(existsSync(join(tree, '__init__.py'))).toBe(true)
    expect(lstatSync(join(world.home('all'), 'custom_nodes/kj-nodes')).isSymbolicLink()).toBe(true)
    expect(registry.requests).toHaveLength(seen)
  })

  test('does not take an archive with other bytes than those that were pinned', async () => {
    world.writeSpec('swapped', { custom_nodes: [{ registry: 'kj-nodes', version: '1.2.0' }] })
    await world.json(['resolve', 'swapped'])
    rmSync(join(world.cacheRoot, 'archives'), { recursive: true })
    rmSync(join(world.cacheRoot, 'checkouts', new URL(registry.url).host.replace(':', '+')), {
      recursive: true,
    })
    const versions = registry.packs['kj-nodes']?.versions ?? {}
    const honest = versions['1.2.0'] ?? {}
    versions['1.2.0'] = { zip: zipOf({ '__init__.py': 'evil' }) }
    const { error } = await world.json(['realize', 'swapped'])
    versions['1.2.0'] = honest
    expect(error).toMatchObject({ code: 'PACK_MISSING', params: { name: 'kj-nodes' } })
    expect(error.params.reason).toMatch(/sha256 is [0-9a-f]{64}, expected/)
  })

  test('refuses a hostile archive by the name of its pack', async () => {
    world.writeSpec('hostile', { custom_nodes: [{ registry: 'hostile' }] })
    const { error } = await world.json(['realize', 'hostile'])
    expect(error).toMatchObject({
      code: 'PACK_MISSING',
      params: { name: 'hostile', repo: 'registry:hostile@1.0.0' },
    })
    expect(error.params.reason).toContain('the archive of hostile 1.0.0 is refused')
  })

  test.each([
    ['packs/four', 'packs/one, packs/three, packs/two'],
    ['nodes/x', 'heavy, packs'],
    ['README.md', 'heavy, packs'],
    ['packs/away', 'packs/one, packs/three, packs/two'],
  ])('says which folders there are instead of %s', async (subdir, known) => {
    const pack = { repo: mono.url, commit: mono.commits[0], subdir, name: 'x' }
    world.writeSpec('nowhere', { custom_nodes: [pack] })
    const { error } = await world.json(['realize', 'nowhere'])
    expect(error).toMatchObject({ code: 'PACK_FOLDER_MISSING', params: { name: 'x', known } })
  })
})
