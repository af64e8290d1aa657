import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { difference, treeOf } from '../helpers/tree.ts'
import { createWorld, type SpecPart, type World } from '../helpers/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})

const inside = (pack: string) => `$COMFY_HOME/custom_nodes/${pack}/ckpts/deep/`

function model(path: string): SpecPart {
  return { source: `${world.files.url}/one.safetensors`, path }
}

/** A home of its own for each test, made from this. */
async function realized(id: string, part: SpecPart): Promise<(path: string) => string> {
  world.writeSpec(id, part)
  expect(await world.json(['realize', id])).toMatchObject({ exitCode: 0 })
  return (path) => join(world.home(id), path)
}

const LINK = 'ckpts/deep/one.safetensors'

test('the pack goes: so do the links in its folder and the folder; the model stays', async () => {
  const part = { custom_nodes: [world.pack('good')], models: [model(inside('good'))] }
  const at = await realized('goes', part)
  expect(lstatSync(at(`custom_nodes/good/${LINK}`)).isSymbolicLink()).toBe(true)
  const store = treeOf(world.modelsDir)
  await world.json(['remove', 'goes', 'good'])
  const plan = await world.json(['realize', 'goes', '--dry-run'])
  expect(plan.data.steps).toContainEqual(
    expect.objectContaining({ kind: 'unlink', path: at(`custom_nodes/good/${LINK}`) }),
  )
  const { exitCode, stderr } = await world.run(['realize', 'goes', '--lang', 'ru'])
  expect(exitCode).toBe(0)
  expect(stderr).toContain('в папке пака good, которого в этой версии нет; модель пропущена')
  expect(readdirSync(at('custom_nodes'))).toEqual([])
  expect(existsSync(at('var/removed-packs'))).toBe(false) // nothing in the copy was anybody's own
  expect(difference(store, treeOf(world.modelsDir)).filter((one) => !/locks/.test(one))).toEqual([])
})

test('then there is nothing to do, and who asks is told why', async () => {
  expect((await world.json(['realize', 'goes'])).data).toMatchObject({ changed: false, steps: [] })
  expect((await world.json(['list'])).data.versions).toContainEqual(
    expect.objectContaining({ id: 'goes', state: 'ready' }),
  )
  const { exitCode, data } = await world.json(['validate', 'goes'])
  expect({ exitCode, problems: data.problems }).toMatchObject({
    exitCode: 1,
    problems: [{ code: 'MODEL_WITHOUT_PACK', params: { pack: 'good' } }],
  })
})

test('a pack that the user puts there by hand gets its model', async () => {
  const folder = join(world.home('goes'), 'custom_nodes/good')
  mkdirSync(folder)
  writeFileSync(join(folder, '__init__.py'), 'NODE_CLASS_MAPPINGS = {}\n')
  expect(await world.json(['realize', 'goes'])).toMatchObject({ data: { changed: true } })
  const store = realpathSync(world.modelsDir)
  expect(realpathSync(join(folder, LINK)).startsWith(store)).toBe(true)
  expect(await world.json(['validate', 'goes'])).toMatchObject({ data: { problems: [] } })
})

test('its model leaves the spec: the link goes, what the user put beside it stays', async () => {
  const folder = join(world.home('goes'), 'custom_nodes/good')
  writeFileSync(join(folder, 'ckpts/notes.txt'), 'mine')
  await world.json(['remove', 'goes', 'one.safetensors'])
  await world.json(['realize', 'goes'])
  expect(readdirSync(folder).toSorted()).toEqual(['__init__.py', 'ckpts'])
  expect(readdirSync(join(folder, 'ckpts'))).toEqual(['notes.txt'])
})

test('a model of a pack leaves the spec: its link goes with the folders that were made for it', async () => {
  const custom_nodes = [world.pack('good')]
  const at = await realized('again', { custom_nodes, models: [model(inside('good'))] })
  expect(existsSync(at('custom_nodes/good/ckpts'))).toBe(true)
  await realized('again', { custom_nodes })
  expect(existsSync(at('custom_nodes/good/ckpts'))).toBe(false)
  expect(existsSync(at('custom_nodes/good/__init__.py'))).toBe(true)
  expect(await world.json(['realize', 'again'])).toMatchObject({ data: { changed: false } })
})

test('the copy that was made for a model is a link again without it, unless it holds more', async () => {
  const custom_nodes = [world.pack('good')]
  const models = [model(inside('good'))]
  const at = await realized('idle', { custom_nodes, models })
  const isLink = () => lstatSync(at('custom_nodes/good')).isSymbolicLink()
  expect(isLink()).toBe(false)
  await realized('idle', { custom_nodes, env: { OTHER: '1' }, models })
  expect(isLink()).toBe(false)
  await realized('idle', { custom_nodes })
  expect(isLink()).toBe(true)
  expect(await world.json(['realize', 'idle'])).toMatchObject({ data: { changed: false } })
  await realized('idle', { custom_nodes, models })
  writeFileSync(at('custom_nodes/good/notes.txt'), 'mine')
  await realized('idle', { custom_nodes })
  expect(readFileSync(at('custom_nodes/good/notes.txt'), 'utf8')).toBe('mine')
  rmSync(at('custom_nodes/good/notes.txt'))
  await realized('idle', { custom_nodes, env: { OTHER: '2' } })
  expect(isLink()).toBe(true)
})

test("a pack that goes with the user's own files is kept aside, without the links", async () => {
  const part = { custom_nodes: [world.pack('good')], models: [model(inside('good'))] }
  const at = await realized('aside', part)
  writeFileSync(at('custom_nodes/good/ckpts/notes.txt'), 'mine')
  await realized('aside', { models: [model(inside('good'))] })
  expect(readdirSync(at('custom_nodes'))).toEqual([])
  const [kept = ''] = readdirSync(at('var/removed-packs'))
  const files = [...treeOf(at(`var/removed-packs/${kept}`)).keys()]
  expect(files).toContain('ckpts/notes.txt')
  expect(files).not.toContain(LINK)
  expect(readFileSync(at(`var/removed-packs/${kept}/ckpts/notes.txt`), 'utf8')).toBe('mine')
})

test('a file that the user put in the place of a link stays', async () => {
  const at = await realized('file', {
    custom_nodes: [world.pack('good')],
    models: [model(inside('good'))],
  })
  const own = at(`custom_nodes/good/${LINK}`)
  rmSync(own)
  writeFileSync(own, 'mine')
  await realized('file', { custom_nodes: [world.pack('good')] })
  expect(readFileSync(own, 'utf8')).toBe('mine')
})

test('a link elsewhere in the home goes with its folder; the folders of ComfyUI stay', async () => {
  const models = [model('$COMFY_HOME/input/given/'), model('$COMFY_HOME/weights/')]
  const at = await realized('elsewhere', { models })
  expect(existsSync(at('input/given/one.safetensors'))).toBe(true)
  await realized('elsewhere', {})
  expect([existsSync(at('input/given')), existsSync(at('weights'))]).toEqual([false, false])
  expect(readdirSync(at('input'))).toEqual([])
})

test('models that are left out for once keep their links', async () => {
  const part = { custom_nodes: [world.pack('good')], models: [model(inside('good'))] }
  const at = await realized('skips', part)
  await world.json(['realize', 'skips', '--skip-models', '--check'])
  expect(existsSync(at(`custom_nodes/good/${LINK}`))).toBe(true)
})
