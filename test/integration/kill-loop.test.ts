import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { parseAddress } from '../../src/git/address.ts'
import { changedFiles } from '../../src/git/checkout.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { killProcessesOf, killTree } from '../helpers/process-tree.ts'
import { createRandom } from '../helpers/random.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { createWorld, shareBytecode, type SpecPart, type World } from '../helpers/world.ts'

/** How often a run is killed; the release is shown with 200. */
const KILLS = Number(process.env['COMFYPIN_TEST_KILLS'] ?? 16)
const SEED = Number(process.env['COMFYPIN_TEST_SEED'] ?? 4)
const ID = 'moved'

let world: World
beforeAll(async () => {
  world = await createWorld()
  return () => killProcessesOf(world.root)
})

/** Two states of one version that differ in everything: core, packs, packages, models, environment. */
function states(): readonly [SpecPart, SpecPart] {
  const core = world.repo('core')
  return [
    {
      comfy: { repo: core.url, commit: core.commits[0] },
      custom_nodes: [world.pack('good'), world.pack('writer')],
      models: [world.model('one.safetensors')],
      env: { STATE: 'first' },
    },
    {
      comfy: { repo: core.url, commit: core.commits[2] },
      custom_nodes: [world.pack('writer'), { ...world.pack('good'), name: 'renamed' }],
      models: [world.model('two.safetensors')],
      env: { STATE: 'second' },
    },
  ]
}

test(`a version killed ${KILLS} times on its way between two states is always in one of them`, async () => {
  const random = createRandom(SEED)
  world.files.faults = [{ bytesPerSecond: 2_000_000 }]
  world.git.setFault('*', { latencyMs: 10 })
  let killed = 0
  for (let round = 0; killed < KILLS; round++) {
    const isFresh = random() < 0.2
    if (isFresh) forgetEverything()
    world.writeSpec(ID, states()[round % 2])
    const run = world.start(['realize', ID])
    // Nothing announces the moment: it is what the test is about.
    const end = await Promise.race([run.result, delay(random() * (isFresh ? 3000 : 1200))])
    if (end === undefined) {
      killed++
      if (run.child.pid !== undefined && random() < 0.5) killTree(run.child.pid)
      else run.child.kill('SIGKILL')
      await run.result
    } else expect(end.exitCode, `round ${round}: ${end.stdout} ${end.stderr}`).toBe(0)
    await expectOneOfTwo(`round ${round}, seed ${SEED}`)
    if (killed % 5 === 0) await expectCompletes(round)
  }
  await expectCompletes(0)
}, 600_000)

function forgetEverything(): void {
  killProcessesOf(world.root) // what outlived a parent that was killed alone
  for (const dir of [world.cacheRoot, world.modelsDir, world.home(ID)])
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  shareBytecode(world.cacheRoot)
}

/** The home is what its marker says, and everything under a final name is whole. */
async function expectOneOfTwo(when: string): Promise<void> {
  await expectCleanCheckouts(when)
  for (const [name, text] of [
    ['one', 'one '],
    ['two', 'two '],
  ] as const) {
    const path = join(world.modelsDir, 'checkpoints', `${name}.safetensors`)
    const size = name === 'one' ? 300_000 : 200_000
    if (existsSync(path)) expect(sha256(readFileSync(path)), when).toBe(sha256(fill(size, text)))
  }
  for (const name of ['good', 'renamed', 'writer']) {
    const entry = join(world.home(ID), 'custom_nodes', name)
    if (lstatSync(entry, { throwIfNoEntry: false }) === undefined) continue
    expect(existsSync(join(realpathSync(entry), '__init__.py')), `${when}: ${name}`).toBe(true)
  }
  const { data } = await world.json(['list'])
  const { state } = data.versions.find(({ id }: { id: string }) => id === ID)
  expect(['spec only', 'outdated', 'ready'], when).toContain(state)
  if (state === 'ready')
    expect((await world.json(['validate', ID])).data.problems, when).toEqual([])
}

async function expectCleanCheckouts(when: string): Promise<void> {
  const { ctx } = createTestCtx()
  const cache = cachePaths(world.cacheRoot)
  for (const name of ['core', 'good', 'writer']) {
    const { url, commits } = world.repo(name)
    const host = new URL(url).host.replace(':', '+')
    for (const commit of commits)
      if (existsSync(join(cache.checkouts, host, `${name}@${commit}.complete`)))
        expect(await changedFiles(ctx, cache, parseAddress(url, '/'), commit), when).toEqual([])
  }
}

async function expectCompletes(round: number): Promise<void> {
  world.writeSpec(ID, states()[round % 2])
  const completed = await world.json(['realize', ID])
  expect(completed.exitCode, `round ${round}: ${completed.stdout} ${completed.stderr}`).toBe(0)
  expect((await world.json(['validate', ID])).data.problems).toEqual([])
  expect(await world.json(['realize', ID])).toMatchObject({ data: { changed: false } })
}

function fill(size: number, text: string): Buffer {
  return Buffer.alloc(size, text)
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
