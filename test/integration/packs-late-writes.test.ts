import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { changedSinceSeal } from '../../src/realize/checkout-seal.ts'
import { settleHome } from '../../src/realize/late-writes.ts'
import { packState } from '../../src/realize/pack-state.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { createRepo, type RepoFile } from '../helpers/git-repo.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { createWorld, type SpecPart, type World } from '../helpers/world.ts'

let world: World
let checkout: string
let late: SpecPart

/** `late` writes when its node runs, which no import check can see. */
beforeAll(async () => {
  world = await createWorld()
  late = latePack()
  world.writeSpec('one', { custom_nodes: [late, world.pack('good')] })
  world.writeSpec('two', { custom_nodes: [late] })
  for (const id of ['one', 'two'])
    expect(await world.json(['realize', id])).toMatchObject({ exitCode: 0 })
  checkout = readlinkSync(inPack('one'))
})

describe('a pack that writes into its shared checkout while it runs', () => {
  test('gets a copy in that home, with what it wrote, after the answer is out', async () => {
    const { exitCode, data, stderr } = await runNode('one', 'hello')
    expect({ exitCode, texts: data.texts }).toEqual({
      exitCode: 0,
      texts: [{ node_id: '1', text: 'hello' }],
    })
    expect(stderr).toContain('pack late wrote into its shared checkout while it ran (')
    expect(lstatSync(inPack('one')).isDirectory()).toBe(true)
    expect(readFileSync(inPack('one', 'late.txt'), 'utf8')).toBe('hello')
    expect(readFileSync(inPack('one', 'counter.txt'), 'utf8')).toBe('changed\n')
    expect(lstatSync(inPack('one', 'empty')).isDirectory()).toBe(true)
  })

  test('leaves the checkout as the repository has it, with its bytecode', async () => {
    expect(readdirSync(checkout).toSorted()).toEqual(['__init__.py', '__pycache__', 'counter.txt'])
    expect(readFileSync(join(checkout, 'counter.txt'), 'utf8')).toBe('0\n')
    expect(readdirSync(join(checkout, '__pycache__'))).toHaveLength(1)
    expect((await world.json(['validate', 'one'])).data.problems).toEqual([])
    expect(await world.json(['realize', 'one'])).toMatchObject({ data: { changed: false } })
  })

  test('writes into its copy from then on, and is told no more', async () => {
    const { stderr } = await runNode('one', 'again')
    expect(stderr).not.toContain('wrote into its shared checkout')
    expect(readFileSync(inPack('one', 'late.txt'), 'utf8')).toBe('again')
    expect(changedSinceSeal({ dir: checkout, seal: `${checkout}.seal` })).toEqual([])
  })

  test('is a link in the other home until it writes there, too', async () => {
    expect(readlinkSync(inPack('two'))).toBe(checkout)
    await runNode('two', 'other')
    expect(readFileSync(inPack('two', 'late.txt'), 'utf8')).toBe('other')
    expect(existsSync(join(checkout, 'late.txt'))).toBe(false)
  })

  test('is a copy from the start in a new home', async () => {
    world.writeSpec('three', { custom_nodes: [late] })
    await world.json(['realize', 'three'])
    expect(lstatSync(inPack('three')).isDirectory()).toBe(true)
    expect(existsSync(inPack('three', 'late.txt'))).toBe(false)
  })
})

test('a checkout that lost a file is made again, after Ctrl-C too', async () => {
  const good = readlinkSync(join(world.home('one'), 'custom_nodes/good'))
  rmSync(join(good, 'requirements.txt'))
  writeFileSync(join(good, 'notes.txt'), 'mine')
  const { ctx, events, abort } = createTestCtx({ cacheRoot: world.cacheRoot })
  abort()
  await settleHome(ctx, world.home('one'))
  expect(events).toContainEqual({
    type: 'warning',
    code: 'PACK_WROTE_LATE',
    params: { name: 'good', files: 'notes.txt, requirements.txt' },
  })
  expect(existsSync(join(good, 'requirements.txt'))).toBe(true)
  expect(existsSync(join(good, 'notes.txt'))).toBe(false)
  const copy = join(world.home('one'), 'custom_nodes/good')
  expect(readFileSync(join(copy, 'notes.txt'), 'utf8')).toBe('mine')
})

test('a pack that writes into its submodule leaves the checkout as it was, too', async () => {
  const inner = createRepo(join(world.root, 'repos', 'inner.git'), { files: { 'data.txt': '0\n' } })
  const write = 'open(os.path.join(os.path.dirname(__file__), "lib", "data.txt"), "w").write(value)'
  const pack = packOf('outer', {
    lib: { submodule: '../inner.git', commit: inner.commits[0] ?? '' },
    '__init__.py': nodeModule('OuterNode', 'import os', `str(${write})`),
  })
  world.writeSpec('outer', { custom_nodes: [pack] })
  await world.json(['realize', 'outer'])
  const place = join(world.home('outer'), 'custom_nodes/outer')
  const shared = readlinkSync(place)
  const { stderr } = await runNode('outer', 'hello', 'OuterNode')
  expect(stderr).toContain('pack outer wrote into its shared checkout while it ran (lib/data.txt)')
  expect(readFileSync(join(place, 'lib/data.txt'), 'utf8')).toBe('hello')
  expect(readFileSync(join(shared, 'lib/data.txt'), 'utf8')).toBe('0\n')
  writeFileSync(join(shared, 'lib/data.txt'), 'by hand')
  expect((await world.json(['validate', 'outer'])).data.problems).toMatchObject([
    { code: 'CHECKOUT_CHANGED', params: { files: 'lib/data.txt' } },
  ])
}, 120_000)

test('what a copy holds besides its repository is listed', () => {
  expect(packState(world.home('one'))).toEqual([
    expect.objectContaining({ name: 'good', added: ['notes.txt'], changed: [] }),
    {
      name: 'late',
      path: inPack('one'),
      checkout,
      added: ['empty/', 'late.txt'],
      changed: ['counter.txt'],
      isOrphan: false,
    },
  ])
  expect(packState(world.home('three'))).toEqual([])
})

test('a pack that only makes an empty folder at import is a writer', async () => {
  world.writeSpec('folder', {
    custom_nodes: [
      packOf('folder', {
        '__init__.py': nodeModule(
          'FolderNode',
          "import os\nos.makedirs(os.path.join(os.path.dirname(__file__), 'made'), exist_ok=True)",
        ),
      }),
    ],
  })
  const { stderr } = await world.run(['realize', 'folder'])
  expect(stderr).toContain('pack folder writes into its own folder')
  expect(lstatSync(join(world.home('folder'), 'custom_nodes/folder')).isDirectory()).toBe(true)
})

test('a home with nothing to settle costs no lock and no process', async () => {
  const { ctx, events } = createTestCtx({ cacheRoot: world.cacheRoot })
  await settleHome(ctx, world.home('three'))
  await settleHome(ctx, join(world.root, 'no such home'))
  expect(events).toEqual([])
})

test('a cache that was moved to another disk is no pack that wrote', () => {
  const dir = join(world.root, 'moved@1')
  mkdirSync(dir)
  const sealed = { dir, seal: `${dir}.seal` }
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) writeFileSync(join(dir, name), name)
  expect(changedSinceSeal(sealed)).toEqual([])
  for (const name of names) writeFileSync(join(dir, name), name)
  expect(changedSinceSeal(sealed)).toEqual([])
  writeFileSync(join(dir, 'a'), 'longer')
  expect(changedSinceSeal(sealed)).toEqual(['a'])
})

function latePack(): SpecPart {
  const atImport = `FOLDER = os.path.dirname(__file__)


def write(value):
    os.makedirs(os.path.join(FOLDER, "empty"), exist_ok=True)
    with open(os.path.join(FOLDER, "counter.txt"), "w") as file:
        file.write("changed\\n")
    with open(os.path.join(FOLDER, "late.txt"), "w") as file:
        file.write(value)
    return value`
  return packOf('late', {
    'counter.txt': '0\n',
    '__init__.py': nodeModule('LateNode', atImport, 'write(value)'),
  })
}

function packOf(name: string, files: Record<string, RepoFile>): SpecPart {
  const { commits } = createRepo(join(world.root, 'repos', `${name}.git`), { files })
  return { repo: `${world.git.url}/${name}.git`, commit: commits[0] }
}

function runNode(id: string, value: string, node = 'LateNode') {
  const file = join(world.root, 'late.json')
  writeFileSync(file, JSON.stringify({ 1: { class_type: node, inputs: { value } } }))
  return world.json(['run-handler', id, '--workflow', file, '--output', join(world.root, 'out')])
}

function inPack(id: string, ...path: string[]): string {
  return join(world.home(id), 'custom_nodes/late', ...path)
}
