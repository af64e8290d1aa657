import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { difference, treeOf } from '../helpers/tree.ts'
import { createWorld, type JsonAnswer, type World } from '../helpers/world.ts'

let world: World
let first: JsonAnswer

/** A version with one pack of each kind, realized once for all tests. */
beforeAll(async () => {
  world = await createWorld()
  const names = ['good', 'broken', 'writer', 'editor', 'prestartup']
  world.writeSpec('all', { custom_nodes: names.map((name) => world.pack(name)) })
  first = await world.json(['realize', 'all'])
})

test('each pack is told by its nodes, and one that does not import by its reason', () => {
  const found = (name: string, nodes: number) =>
    expect.objectContaining({ name, nodes, ok: true, reason: null })
  expect(first.exitCode).toBe(0)
  expect(first.data.packs).toEqual([
    found('good', 1),
    expect.objectContaining({ name: 'broken', ok: false, reason: 'no such thing as luck' }),
    found('writer', 1),
    found('editor', 1),
    found('prestartup', 1),
  ])
})

test('the text for people names the failed pack too', async () => {
  const { stdout } = await world.run(['realize', 'all', '--check'])
  expect(stdout).toContain('pack broken: does not import: no such thing as luck')
  expect(stdout).toContain('pack good: nodes: 1')
})

test('packs that write get copies of their own, the others links', () => {
  expect(kinds('all')).toEqual({
    good: 'link',
    broken: 'link',
    writer: 'copy',
    editor: 'copy',
    prestartup: 'link',
  })
  expect(first.stderr).toContain('pack writer writes into its own folder')
  expect(first.stderr).toContain('pack editor writes into its own folder')
})

test('the copies start as the repository has them', () => {
  expect(existsSync(inPack('all', 'writer', 'config.json'))).toBe(false)
  expect(readFileSync(inPack('all', 'editor', 'counter.txt'), 'utf8')).toBe('0\n')
})

test('whatever packs do while ComfyUI runs, the cache stays clean', async () => {
  await world.json(['test', 'all'])
  expect(readFileSync(inPack('all', 'editor', 'counter.txt'), 'utf8')).toBe('1\n')
  expect(readFileSync(inPack('all', 'writer', 'config.json'), 'utf8')).toContain('at import')
  const { exitCode, data } = await world.json(['validate', 'all'])
  expect({ exitCode, problems: data.problems }).toEqual({
    exitCode: 1,
    problems: [
      {
        ...{ subject: 'pack broken', code: 'PACK_BROKEN' },
        params: { reason: 'no such thing as luck' },
        problem: 'does not import: no such thing as luck',
      },
    ],
  })
  const writer = checkoutOf('writer')
  expect(
    readdirSync(writer)
      .filter((name) => name !== '__pycache__')
      .toSorted(),
  ).toEqual(['__init__.py', 'shipped.txt'])
})

test('the state of a copy survives another commit of its pack', async () => {
  writeFileSync(inPack('all', 'writer', 'config.json'), '{"mine": true}')
  writeFileSync(inPack('all', 'writer', 'notes.txt'), 'mine')
  world.writeSpec('all', { custom_nodes: [world.pack('writer', 1), world.pack('editor')] })
  const before = treeOf(join(world.home('all'), 'custom_nodes/editor'))
  const { exitCode } = await world.json(['realize', 'all'])
  expect(exitCode).toBe(0)
  expect(readFileSync(inPack('all', 'writer', 'shipped.txt'), 'utf8')).toBe('two\n')
  expect(readFileSync(inPack('all', 'writer', 'config.json'), 'utf8')).toBe('{"mine": true}')
  expect(readFileSync(inPack('all', 'writer', 'notes.txt'), 'utf8')).toBe('mine')
  expect(difference(before, treeOf(join(world.home('all'), 'custom_nodes/editor')))).toEqual([])
  expect(await world.json(['realize', 'all'])).toMatchObject({ data: { changed: false } })
})

test('a copy that leaves the spec is kept aside, because it may hold settings', async () => {
  world.writeSpec('all', { custom_nodes: [world.pack('editor')] })
  await world.json(['realize', 'all'])
  expect(readdirSync(join(world.home('all'), 'custom_nodes'))).toEqual(['editor'])
  const removed = join(world.home('all'), 'var/removed-packs')
  const [kept = ''] = readdirSync(removed)
  expect(readFileSync(join(removed, kept, 'config.json'), 'utf8')).toBe('{"mine": true}')
})

describe('another version', () => {
  test('knows the packs without a check, and gets copies of its own', async () => {
    world.writeSpec('other', { custom_nodes: [world.pack('good'), world.pack('writer')] })
    const { exitCode, data } = await world.json(['realize', 'other'])
    expect(exitCode).toBe(0)
    expect(kindsOf(data.steps)).not.toContain('check')
    expect(kinds('other')).toEqual({ good: 'link', writer: 'copy' })
    expect(existsSync(inPack('other', 'writer', 'notes.txt'))).toBe(false)
  })

  test('looks again at a pack that did not import, because its packages differ', async () => {
    world.writeSpec('again', {
      custom_nodes: [world.pack('broken')],
      python_packages: ['comfypin-test-beta'],
    })
    const { data } = await world.json(['realize', 'again'])
    expect(data.steps).toContainEqual(
      expect.objectContaining({ kind: 'check', action: 'run', packs: ['broken'] }),
    )
    expect(data.packs).toEqual([expect.objectContaining({ name: 'broken', ok: false })])
  })
})

describe('without a check', () => {
  test('unknown packs get copies, because nobody has seen what they do', async () => {
    world.writeSpec('unseen', { custom_nodes: [world.pack('env'), world.pack('good')] })
    const { exitCode, stderr, data } = await world.json(['realize', 'unseen', '--no-check'])
    expect((await world.json(['realize', 'unseen'])).data.changed).toBe(false)
    expect(exitCode).toBe(0)
    expect(stderr).not.toContain('ComfyUI answers')
    expect(stderr).not.toContain('writes into its own folder')
    expect(data.packs.map(({ name }: { name: string }) => name)).toEqual(['good'])
    expect(kinds('unseen')).toEqual({ env: 'copy', good: 'link' })
  })

  test('a later check turns a copy that nobody changed into a link', async () => {
    await world.json(['realize', 'unseen', '--check'])
    expect(kinds('unseen')).toEqual({ env: 'link', good: 'link' })
    expect(await world.json(['realize', 'unseen'])).toMatchObject({ data: { changed: false } })
  })
})

test('a copy that was deleted is made again, as a link where that is enough', async () => {
  world.writeSpec('lost', { custom_nodes: [world.pack('probe'), world.pack('writer')] })
  await world.json(['realize', 'lost', '--no-check'])
  rmSync(join(world.home('lost'), 'custom_nodes'), { recursive: true })
  expect(await world.json(['realize', 'lost', '--check'])).toMatchObject({ exitCode: 0 })
  expect(kinds('lost')).toEqual({ probe: 'link', writer: 'copy' })
})

test('a pack that ends ComfyUI is told, and the others are placed', async () => {
  const quits = world.repo('broken').commit({
    files: { '__init__.py': 'import sys\nsys.exit("I quit")\n' },
  })
  const { url } = world.repo('broken')
  world.writeSpec('quits', {
    custom_nodes: [{ repo: url, commit: quits }, world.pack('good')],
  })
  const { exitCode, stderr } = await world.run(['realize', 'quits'])
  expect(exitCode).toBe(0)
  expect(stderr).toContain('the import check did not finish')
  expect(stderr).toContain('I quit')
  expect(kinds('quits')).toEqual({ broken: 'copy', good: 'link' })
})

test('a prestartup script that fails is reported', async () => {
  const fails = world.repo('prestartup').commit({
    files: {
      'prestartup_script.py': 'raise OSError("too early")\n',
      '__init__.py': 'NODE_CLASS_MAPPINGS = {}\n',
    },
  })
  const { url } = world.repo('prestartup')
  world.writeSpec('early', { custom_nodes: [{ repo: url, commit: fails }] })
  const { exitCode, stderr } = await world.run(['realize', 'early'])
  expect(exitCode).toBe(0)
  expect(stderr).toContain('prestartup script of pack prestartup failed: too early')
})

/** How each pack of a home is there. */
function kinds(id: string): Record<string, 'link' | 'copy'> {
  const dir = join(world.home(id), 'custom_nodes')
  return Object.fromEntries(
    readdirSync(dir).map((name) => [
      name,
      lstatSync(join(dir, name)).isSymbolicLink() ? 'link' : 'copy',
    ]),
  )
}

function inPack(id: string, pack: string, file: string): string {
  return join(world.home(id), 'custom_nodes', pack, file)
}

function checkoutOf(pack: string): string {
  const good = readlinkSync(join(world.home('all'), 'custom_nodes/good'))
  return join(dirname(good), `${pack}@${world.repo(pack).commits[0]}`)
}

function kindsOf(steps: readonly { kind: string }[]): string[] {
  return steps.map(({ kind }) => kind)
}
