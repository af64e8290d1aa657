import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CliResult } from '../helpers/cli.ts'
import { killProcessesOf, processesOf } from '../helpers/process-tree.ts'
import { tempDir } from '../helpers/temp.ts'
import { createWorld, type World } from '../helpers/world.ts'

/** The demo's picture, as the conformance suite has it from the core itself. */
const PIXELS = '19c46eb36605c500d3aab0d31dd25b1b46aa28f41f512901b3ff0e2d35c1bea6'

let world: World
let dir: string
let first: CliResult
beforeAll(async () => {
  world = await createWorld()
  dir = join(world.root, 'comfypin-demo')
  first = await world.start(['demo']).result
  return () => killProcessesOf(world.root)
})

test('demo goes from nothing to a picture, cold and then warm', () => {
  expect(first.stderr).not.toMatch(/warning|comfypin:/)
  expect(first.exitCode).toBe(0)
  const [core, ...lines] = first.stdout.trimEnd().split('\n')
  expect(core).toBe('The demo runs on the embedded stand-in core, not on ComfyUI itself.')
  const pictures = ['demo_00001_.png', 'demo_00002_.png'].map((name) => join(dir, 'outputs', name))
  expect(lines).toEqual([
    expect.stringMatching(/^first: .*checkout \S+ m?s, .*packages .*start .*job \S+ m?s$/),
    expect.stringContaining(`artifact: ${pictures[0]} (`),
    expect.stringMatching(/^again, warm: realize \S+ m?s, start \S+ m?s, job \S+ m?s$/),
    expect.stringContaining(`artifact: ${pictures[1]} (`),
  ])
  for (const path of pictures) {
    expect(first.stdout).toContain(`sha256 ${sha256(readFileSync(path))})`)
    expect(pixelsOf(path)).toBe(PIXELS)
  }
  expect(processesOf(world.root)).toEqual([])
})

test('everything lies in its own folder', () => {
  expect(readdirSync(dir).toSorted()).toEqual(
    ['.comfypin-demo', 'cache', 'home', 'models', 'outputs', 'repos', 'versions'].toSorted(),
  )
  expect(existsSync(join(world.cacheRoot, 'checkouts'))).toBe(false)
  expect(existsSync(world.modelsDir)).toBe(false)
})

test('demo --json in the same folder starts warm and needs no package installer', async () => {
  const env = { COMFYPIN_UV: '/nowhere/uv', UV_FIND_LINKS: '/nowhere' }
  const { exitCode, stdout } = await world.start(['demo', '--json'], env).result
  const { ok, command, data } = JSON.parse(stdout)
  expect({ exitCode, ok, command, dir: data.dir }).toEqual({
    exitCode: 0,
    ok: true,
    command: 'demo',
    dir,
  })
  expect(data.runs).toHaveLength(2)
  for (const { phases, artifact } of data.runs) {
    expect(Object.keys(phases)).toEqual(['realize', 'start', 'job'])
    expect(artifact).toMatchObject({ mime: 'image/png', node_id: '4' })
    expect(artifact.sha256).toBe(sha256(readFileSync(artifact.path)))
    expect(pixelsOf(artifact.path)).toBe(PIXELS)
  }
})

describe('demo --dir', () => {
  test("refuses a folder with somebody's files, --fresh or not", async () => {
    const mine = tempDir('mine')
    writeFileSync(join(mine, 'thesis.txt'), 'years of work')
    for (const more of [[], ['--fresh']])
      expect(await world.json(['demo', '--dir', mine, ...more])).toMatchObject({
        exitCode: 1,
        error: { code: 'HOME_FOREIGN', params: { home: mine } },
      })
    const file = join(mine, 'thesis.txt')
    expect(await world.json(['demo', '--dir', file, '--fresh'])).toMatchObject({
      exitCode: 1,
      error: { code: 'HOME_FOREIGN', params: { home: file } },
    })
    expect(readFileSync(file, 'utf8')).toBe('years of work')
  })

  test('speaks Russian, and --fresh begins again', async () => {
    const { exitCode, stdout } = await world.run(['demo', '--dir', dir, '--fresh', '--lang', 'ru'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^первый раз: .*исходники .*запуск .*задание /m)
    expect(stdout).toMatch(/^ещё раз, прогретый: развёртывание /m)
    expect(readdirSync(join(dir, 'outputs')).toSorted()).toEqual([
      'demo_00001_.png',
      'demo_00002_.png',
    ])
  })
})

function pixelsOf(path: string): string {
  return sha256(PNG.sync.read(readFileSync(path)).data)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
