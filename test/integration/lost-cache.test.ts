import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createWorld, shareBytecode, type World } from '../helpers/world.ts'

/** A version whose pack follows a branch, and whose package is older than the newest that fits. */
let world: World
let pinned: string

beforeAll(async () => {
  world = await createWorld()
  writeMoving(['comfypin-test-beta<2'])
  await world.json(['realize', 'moving'])
  writeMoving(['comfypin-test-beta>=1'])
  await world.json(['realize', 'moving'])
  pinned = lock().custom_nodes[0].commit
  world.repo('good').commit({ files: { 'later.txt': 'later\n' } })
}, 240_000)

function writeMoving(python_packages: string[]): void {
  world.writeSpec('moving', { custom_nodes: [{ repo: world.repo('good').url }], python_packages })
}

const lockFile = () => join(world.cacheRoot, 'resolved/moving.lock.json')
const pylockFile = () => join(world.cacheRoot, 'resolved/pylock.moving.toml')
const lock = () => JSON.parse(readFileSync(lockFile(), 'utf8'))

function loseCache(): void {
  rmSync(world.cacheRoot, { recursive: true })
  shareBytecode(world.cacheRoot)
}

test('a version keeps its commits and packages when the cache is lost, and says from where', async () => {
  const before = [lockFile(), pylockFile()].map((file) => readFileSync(file, 'utf8'))
  loseCache()
  const { exitCode, stderr } = await world.run(['realize', 'moving'])
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  expect(stderr).toContain('the lock of moving is lost; its pins are taken from its home')
  expect([lockFile(), pylockFile()].map((file) => readFileSync(file, 'utf8'))).toEqual(before)
  expect(lock().custom_nodes[0].commit).toBe(pinned)
  const told = await world.run(['realize', 'moving'])
  expect(told.stderr).not.toContain('is lost')
}, 120_000)

test('a dry run of a version that lost its locks alone shows that nothing moves', async () => {
  rmSync(lockFile())
  rmSync(pylockFile())
  const { data } = await world.json(['realize', 'moving', '--dry-run'])
  expect(data.changed).toBe(false)
  expect(existsSync(lockFile())).toBe(false)
  const { data: shown } = await world.json(['show', 'moving'])
  expect(shown).toMatchObject({
    paths: { lock: null },
    packs: [{ commit: pinned }],
    python: { locked: shown.python.installed },
  })
})

test('a clone of a version that lost its locks has its pins and packages', async () => {
  const { data } = await world.json(['clone', 'moving', 'twin'])
  expect(readFileSync(data.lock, 'utf8')).toContain(pinned)
  expect(readFileSync(data.pylock, 'utf8')).toMatch(/name = "comfypin-test-beta"\nversion = "1\./)
})

test('a reproduction of a version that lost its locks is one of its pins', async () => {
  const { exitCode, data } = await world.json([
    'repro',
    'moving',
    '--against',
    world.home('moving'),
  ])
  expect({ exitCode, differences: data.differences }).toEqual({ exitCode: 0, differences: [] })
  expect(lock().custom_nodes[0].commit).toBe(pinned)
}, 120_000)

test('what the spec asks for anew is not taken from the home', async () => {
  rmSync(lockFile())
  const url = world.repo('good').url
  world.writeSpec('moving', { custom_nodes: [{ repo: url, ref: 'main' }] })
  await world.json(['resolve', 'moving'])
  expect(lock().custom_nodes[0].commit).not.toBe(pinned)
})

test('with --refresh the remotes decide, and what moved is told', async () => {
  rmSync(lockFile())
  writeMoving(['comfypin-test-beta>=1'])
  const { stderr, stdout } = await world.run(['resolve', 'moving', '--refresh'])
  expect(stderr).not.toContain('is lost')
  expect(stdout).toContain('~ pack good')
  expect(lock().custom_nodes[0].commit).not.toBe(pinned)
})

test('the home of another version gives no pins', async () => {
  world.writeSpec('other', { custom_nodes: [{ repo: world.repo('good').url }] })
  const { stderr } = await world.run(['resolve', 'other'], { COMFY_HOME: world.home('moving') })
  expect(stderr).not.toContain('is lost')
  expect(readdirSync(join(world.cacheRoot, 'resolved'))).toContain('other.lock.json')
})
