import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { changedSinceSeal } from '../../src/realize/checkout-seal.ts'
import { packState } from '../../src/realize/pack-state.ts'
import { createRepo } from '../helpers/git-repo.ts'
import { startGitServer } from '../helpers/git-server.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { createWorld, type SpecPart, type World } from '../helpers/world.ts'

/** Two homes with private copies and a third with a link, from before the LFS server had the file. */
let world: World
const objects = new Map<string, Buffer>()
const WEIGHTS = Buffer.alloc(5000, 'weights ')

beforeAll(async () => {
  world = await createWorld()
  const root = join(world.root, 'repos')
  const server = await startGitServer({ root, lfs: objects })
  const packOf = (name: string, atImport: string): SpecPart => {
    const files = {
      '.gitattributes': '*.bin filter=lfs\n',
      'w.bin': pointerTo(WEIGHTS),
      'settings.txt': 'default',
      '__init__.py': nodeModule(`${name}Node`, atImport),
    }
    const { commits } = createRepo(join(root, `${name}.git`), { files })
    return { repo: `${server.url}/${name}.git`, commit: commits[0] }
  }
  const make =
    'import os\nopen(os.path.join(os.path.dirname(__file__), "made.txt"), "w").write("x")'
  for (const id of ['first', 'second'])
    world.writeSpec(id, { custom_nodes: [packOf('copied', make)] })
  world.writeSpec('third', { custom_nodes: [packOf('linked', '')] })
  for (const id of ['first', 'second', 'third'])
    expect(await world.json(['realize', id])).toMatchObject({ exitCode: 0 })
  writeFileSync(inCopy('first', 'settings.txt'), 'mine')
  writeFileSync(inCopy('first', 'own.bin'), pointerTo(Buffer.from('own')))
  objects.set(nameOf(WEIGHTS), WEIGHTS)
}, 240_000)

function nameOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function pointerTo(content: Buffer): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${nameOf(content)}\nsize ${content.length}\n`
}

const inCopy = (id: string, file: string) => join(world.home(id), 'custom_nodes/copied', file)

test("a private copy gets its LFS file when the checkout does, and keeps what is the user's", async () => {
  expect(readFileSync(inCopy('first', 'w.bin'), 'utf8')).toBe(pointerTo(WEIGHTS))
  expect(await world.json(['realize', 'first', '--check'])).toMatchObject({ exitCode: 0 })
  expect(readFileSync(inCopy('first', 'w.bin'))).toEqual(WEIGHTS)
  expect(readFileSync(inCopy('first', 'settings.txt'), 'utf8')).toBe('mine')
  expect(readFileSync(inCopy('first', 'own.bin'), 'utf8')).toBe(pointerTo(Buffer.from('own')))
  expect(packState(world.home('first'))).toMatchObject([
    { name: 'copied', added: ['own.bin'], changed: ['settings.txt'] },
  ])
})

test('a home that did not ask gets it with its next realize, and then has nothing to do', async () => {
  expect(await world.json(['realize', 'second'])).toMatchObject({ data: { changed: true } })
  expect(readFileSync(inCopy('second', 'w.bin'))).toEqual(WEIGHTS)
  expect(await world.json(['realize', 'second'])).toMatchObject({ data: { changed: false } })
})

test('a file that comes late is nothing that a linked pack wrote', async () => {
  const place = join(world.home('third'), 'custom_nodes/linked')
  const dir = readlinkSync(place)
  await world.json(['realize', 'third', '--check'])
  expect(readFileSync(join(dir, 'w.bin'))).toEqual(WEIGHTS)
  expect(changedSinceSeal({ dir, seal: `${dir}.seal` })).toEqual([])
  expect(lstatSync(place).isSymbolicLink()).toBe(true)
})
