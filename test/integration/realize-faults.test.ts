import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/git/address.ts'
import { changedFiles } from '../../src/git/checkout.ts'
import { withLockFile } from '../../src/platform/lock-file.ts'
import { cachePaths } from '../../src/platform/paths.ts'
import { firstLine } from '../helpers/first-line.ts'
import { commandLinesOf, killProcessesOf, killTree } from '../helpers/process-tree.ts'
import { canMount, mountSmallDisk } from '../helpers/small-disk.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { createWorld, shareBytecode, type World } from '../helpers/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
  return () => killProcessesOf(world.root)
})
beforeEach(() => {
  world.git.clearFaults()
  world.files.faults = []
})

const PACKS = ['good', 'writer']
const KIB = 1024

/** A version of which nothing is in the caches. */
function writeFresh(id: string): void {
  for (const dir of [world.cacheRoot, world.modelsDir, world.home(id)])
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  shareBytecode(world.cacheRoot)
  world.writeSpec(id, {
    custom_nodes: PACKS.map((name) => world.pack(name)),
    models: [world.model('one.safetensors')],
  })
}

describe('two processes', () => {
  test('that realize one version at once both succeed, and everything is fetched once', async () => {
    writeFresh('both')
    const seen = { git: world.git.requests.length, files: world.files.requests.length }
    const runs = [1, 2].map(() => world.start(['realize', 'both', '--json']))
    const results = await Promise.all(runs.map(({ result }) => result))
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const changed = results.filter(({ stdout }) => JSON.parse(stdout).data.changed)
    expect(changed).toHaveLength(1)
    const fetches = world.git.requests.slice(seen.git).filter(({ command }) => command === 'fetch')
    expect(fetches.map(({ path }) => path).toSorted()).toEqual(
      ['core', ...PACKS].toSorted().map((name) => `/${name}.git/git-upload-pack`),
    )
    const gets = world.files.requests.slice(seen.files).filter(({ method }) => method === 'GET')
    expect(gets).toHaveLength(1)
    await expectWhole('both')
  })

  test('wait for each other, and say for whom', async () => {
    writeFresh('waits')
    const { ctx } = createTestCtx()
    const lock = join(world.cacheRoot, 'locks/home-waits.lock')
    let release = () => {}
    const held = withLockFile(ctx, lock, () => new Promise<void>((resolve) => (release = resolve)))
    const run = world.start(['realize', 'waits', '--progress', 'ndjson'])
    await firstLine(run, /"lock\.wait".*home-waits/)
    release()
    await held
    expect(await run.result).toMatchObject({ exitCode: 0 })
  })
})

test.each([
  ['of a process that is gone', `${hostname()} 4194300 1 nonce`],
  ['whose process id is used again', `${hostname()} ${process.pid} 1 nonce`],
])('a lock file %s is taken over at once', async (_, holder) => {
  const lock = join(world.cacheRoot, 'locks/home-waits.lock')
  mkdirSync(join(world.cacheRoot, 'locks'), { recursive: true })
  writeFileSync(lock, holder)
  rmSync(join(world.home('waits'), 'extra_model_paths.yaml'))
  expect(await world.json(['realize', 'waits'])).toMatchObject({ exitCode: 0 })
  expect(existsSync(lock)).toBe(false)
})

describe('kill -9', () => {
  /** Each run goes on where the one before was killed, so the moments come in their order. */
  test('at any step leaves nothing half-made, and the next run goes on', async () => {
    writeFresh('killed')
    world.files.faults = [{ bytesPerSecond: 1_000_000 }]
    world.git.setFault('*', { latencyMs: 30 })
    const moments: [RegExp, 'process' | 'tree'][] = [
      [/"step\.start".*"checkout"/, 'tree'],
      [/"step\.end".*"checkout"/, 'process'],
      [/"download\.start"/, 'tree'],
      [/"step\.start".*"venv"/, 'tree'],
      [/"step\.start".*"python-lock"/, 'process'],
      [/"step\.start".*"packages"/, 'tree'],
      [/"step\.end".*"packages"/, 'process'],
      [/"step\.start".*"check"/, 'tree'],
      [/"instance\.ready"/, 'process'],
      [/"step\.start".*"pack"/, 'tree'],
      [/"step\.end".*"pack"/, 'process'],
    ]
    for (const [moment, whom] of moments) {
      await kill(await runUntil('killed', moment), whom)
      await expectNothingHalfMade('killed')
    }
    killProcessesOf(world.root) // ComfyUI outlives a parent that was killed alone
    await expectCompletes('killed')
  })

  test('at any time leaves nothing half-made, and the next run completes', async () => {
    writeFresh('timed')
    world.git.setFault('*', { latencyMs: 20 })
    for (const ms of [60, 150, 250, 400, 600, 900]) {
      const run = world.start(['realize', 'timed'])
      const isOver = await Promise.race([run.result, delay(ms)]) // nothing announces the moment
      if (isOver === undefined) await kill(run, 'tree')
      else expect(isOver.exitCode, isOver.stdout + isOver.stderr).toBe(0)
      await expectNothingHalfMade('timed')
    }
    await expectCompletes('timed')
  })
})

test('Ctrl-C stops everything in good order with exit code 130, and the next run goes on', async () => {
  writeFresh('interrupted')
  world.files.faults = [{ bytesPerSecond: 200_000 }]
  const run = world.start(['realize', 'interrupted', '--progress', 'ndjson'])
  await firstLine(run, /"step\.start".*"check"/)
  run.child.kill('SIGINT')
  const { exitCode, stderr } = await run.result
  expect(exitCode).toBe(130)
  expect(stderr).toContain('it goes on where it stopped')
  await expect.poll(() => commandLinesOf(world.root), { timeout: 20_000 }).toEqual([])
  await expectNothingHalfMade('interrupted')
  world.files.faults = []
  await expectCompletes('interrupted')
})

test('staged files that nobody touched for a day are swept', async () => {
  const old = join(world.cacheRoot, 'tmp/checkout-0123456789ab')
  const young = join(world.cacheRoot, 'tmp/checkout-ba9876543210')
  for (const dir of [old, young]) mkdirSync(dir, { recursive: true })
  const yesterday = Date.now() / 1000 - 25 * 3600
  utimesSync(old, yesterday, yesterday)
  rmSync(join(world.home('interrupted'), 'extra_model_paths.yaml'))
  await world.json(['realize', 'interrupted'])
  expect([existsSync(old), existsSync(young)]).toEqual([false, true])
})

test('a download that nobody continued for a week is swept', async () => {
  writeFresh('abandoned')
  world.files.faults = [
    { path: '/one.safetensors', method: 'GET', dropAfter: 100_000, times: 1 },
    { path: '/one.safetensors', method: 'GET', status: 404 },
  ]
  expect(await world.json(['realize', 'abandoned'])).toMatchObject({ exitCode: 1 })
  world.files.faults = []
  const part = join(world.modelsDir, 'checkpoints/one.safetensors.part')
  expect([existsSync(part), existsSync(`${part}.json`)]).toEqual([true, true])
  const longAgo = Date.now() / 1000 - 8 * 24 * 3600
  for (const file of [part, `${part}.json`]) utimesSync(file, longAgo, longAgo)
  world.writeSpec('abandoned', { models: [world.model('two.safetensors')] })
  await world.json(['realize', 'abandoned'])
  expect([existsSync(part), existsSync(`${part}.json`)]).toEqual([false, false])
})

test('models come as many at once as the setting allows', async () => {
  writeFresh('limited')
  world.writeSpec('limited', {
    models: [world.model('one.safetensors'), world.model('two.safetensors')],
  })
  const seen = world.files.requests.length
  const waits = { COMFYPIN_DOWNLOADS: '1', COMFYPIN_STALL_TIMEOUT: '0.3' }
  world.files.faults = [{ path: '/one.safetensors', method: 'GET', hang: true, times: 1 }]
  expect(await world.json(['realize', 'limited'], waits)).toMatchObject({ exitCode: 0 })
  const downloads = world.files.requests.slice(seen).filter(({ method }) => method === 'GET')
  expect(downloads.map(({ path }) => path)).toEqual([
    ...['/one.safetensors', '/one.safetensors', '/two.safetensors'],
  ])
})

test('a quota that the models do not fit into stops a realize, unless it is told not to look', async () => {
  writeFresh('quota')
  const quota = { RUNPOD_VOLUME_ROOT: world.root, RUNPOD_VOLUME_QUOTA_BYTES: '1000' }
  expect(await world.json(['realize', 'quota'], quota)).toMatchObject({
    exitCode: 1,
    error: { code: 'DISK_FULL' },
  })
  const args = ['realize', 'quota', '--skip-space-check']
  expect(await world.json(args, quota)).toMatchObject({ exitCode: 0 })
})

describe('a remote', () => {
  test.each([
    ['that hangs', { hang: true }, /no answer/],
    ['that needs a password', { auth: { user: 'me', password: 'secret' } }, /needs a login/],
    ['that closes the connection', { dropAfterBytes: 100 }, /./],
    ['that is gone', { status: 404 }, /not found/i],
  ])('%s fails the run and names the pack; the next run completes', async (_, fault, reason) => {
    writeFresh('remote')
    world.git.setFault('good.git', fault)
    const failed = await world.json(['realize', 'remote'], { COMFYPIN_GIT_TIMEOUT: '1' })
    expect(failed).toMatchObject({ exitCode: 1, error: { code: 'PACK_MISSING' } })
    expect(failed.error.params).toMatchObject({ name: 'good', repo: world.repo('good').url })
    expect(failed.error.params.reason).toMatch(reason)
    await expectNothingHalfMade('remote')
  })

  test('that is well again is all that was missing', async () => {
    await expectCompletes('remote')
  })
})

test('a file server that lies about the size leaves no file', async () => {
  writeFresh('lies')
  world.files.faults = [{ claimSize: 400_000 }]
  const failed = await world.json(['realize', 'lies'])
  expect(failed).toMatchObject({
    exitCode: 1,
    error: { code: expect.stringMatching(/^DOWNLOAD_/) },
  })
  await expectNothingHalfMade('lies')
  world.files.faults = []
  await expectCompletes('lies')
})

test('an old core whose home is on another disk is copied, and that is told', async (ctx) => {
  if (!canMount()) ctx.skip('this process may not mount a disk')
  const { url, commits } = world.repo('core')
  world.writeSpec('apart', { comfy: { repo: url, commit: commits[1] } })
  mountSmallDisk(world.home('apart'), 200 * KIB * KIB)
  const { exitCode, stderr } = await world.run(['realize', 'apart'])
  expect(exitCode).toBe(0)
  const core = join(world.home('apart'), 'core')
  expect(stderr).toContain(`warning: ${core} is a copy of the core`)
  expect(existsSync(join(core, 'main.py'))).toBe(true)
})

describe('a full disk', () => {
  const isAllowed = canMount()
  beforeEach((ctx) => {
    if (!isAllowed) ctx.skip('this process may not mount a small disk')
  })

  test('is found before the first byte of a model', async () => {
    writeFresh('full')
    const disk = mountSmallDisk(world.modelsDir, 100 * KIB)
    const seen = world.files.requests.length
    expect(await world.json(['realize', 'full'])).toMatchObject({
      exitCode: 1,
      error: { code: 'DISK_FULL' },
    })
    expect(world.files.requests.slice(seen).map(({ method }) => method)).toEqual(['HEAD'])
    disk.grow()
    await expectCompletes('full')
  })

  test.each([
    ['the models', () => world.modelsDir, 100],
    ['the first locks', () => world.cacheRoot, 8],
    ['the repositories', () => world.cacheRoot, 120],
    ['the checkouts', () => world.cacheRoot, 400],
    ['the bytecode', () => world.cacheRoot, 700],
    ['the home', () => world.home('fills'), 200],
  ])('that fills up under %s is told, and with space the run completes', async (_, place, size) => {
    writeFresh('fills')
    rmSync(world.cacheRoot, { recursive: true })
    const disk = mountSmallDisk(place(), size * KIB)
    const failed = await world.json(['realize', 'fills'], { COMFYPIN_SKIP_SPACE_CHECK: '1' })
    expect(failed.error).toMatchObject({ code: 'DISK_WRITE' })
    disk.grow()
    shareBytecode(world.cacheRoot)
    await expectCompletes('fills')
  })
})

test('a home that may only be read keeps its state, and changes when it may be written', async (ctx) => {
  if (!canMount()) ctx.skip('this process may not mount a small disk')
  writeFresh('fixed')
  mountSmallDisk(world.home('fixed'), 256 * KIB * KIB)
  await expectCompletes('fixed')
  const marker = join(world.home('fixed'), '.comfypin.json')
  const before = readFileSync(marker, 'utf8')
  remount(world.home('fixed'), 'ro')
  expect(await world.json(['realize', 'fixed'])).toMatchObject({ data: { changed: false } })
  world.writeSpec('fixed', { custom_nodes: [world.pack('good')] })
  const told = await world.json(['realize', 'fixed'])
  expect(told.error, told.stdout).toMatchObject({ code: 'DISK_WRITE' })
  expect(readFileSync(marker, 'utf8')).toBe(before)
  expect(existsSync(join(world.home('fixed'), 'custom_nodes/writer'))).toBe(true)
  remount(world.home('fixed'), 'rw')
  await expectCompletes('fixed')
  expect(existsSync(join(world.home('fixed'), 'custom_nodes/writer'))).toBe(false)
})

function remount(dir: string, mode: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${mode}`, dir])
}

type Run = ReturnType<World['start']>

/** A realize that has just come to a moment; when the earlier ones left nothing to do, a new one. */
async function runUntil(id: string, moment: RegExp): Promise<Run> {
  const run = world.start(['realize', id, '--progress', 'ndjson'])
  const isThere = firstLine(run, moment).then(() => true)
  const end = await Promise.race([isThere, run.result])
  if (end === true) return run
  await isThere.catch(() => {}) // it ended without
  expect(await run.result).toMatchObject({ exitCode: 0 })
  writeFresh(id)
  const again = world.start(['realize', id, '--progress', 'ndjson'])
  await firstLine(again, moment)
  return again
}

/** `tree`: with everything it started, as a container ends; `process`: alone. */
async function kill(run: Run, whom: 'process' | 'tree'): Promise<void> {
  const { pid } = run.child
  if (pid === undefined) throw new Error('it never started')
  if (whom === 'tree') killTree(pid)
  else run.child.kill('SIGKILL')
  expect(await run.result).toMatchObject({ signal: 'SIGKILL' })
}

/** What is there under its final name is whole. */
async function expectNothingHalfMade(id: string): Promise<void> {
  const { ctx } = createTestCtx()
  const cache = cachePaths(world.cacheRoot)
  for (const name of ['core', ...PACKS]) {
    const { url, commits } = world.repo(name)
    const host = url.replace('http://', '').replace(':', '+').split('/')[0] ?? ''
    if (existsSync(join(cache.checkouts, host, `${name}@${commits[0]}.complete`)))
      expect(await changedFiles(ctx, cache, parseAddress(url, '/'), commits[0] ?? '')).toEqual([])
  }
  const model = join(world.modelsDir, 'checkpoints/one.safetensors')
  if (existsSync(model)) expect(statSync(model).size).toBe(300_000)
  const { data } = await world.json(['list'])
  const state = data.versions.find((version: { id: string }) => version.id === id).state
  if (state !== 'ready') expect(state).toBe('spec only')
}

async function expectCompletes(id: string): Promise<void> {
  expect(await world.json(['realize', id])).toMatchObject({ exitCode: 0 })
  await expectWhole(id)
}

async function expectWhole(id: string): Promise<void> {
  expect((await world.json(['validate', id])).data.problems).toEqual([])
  expect(await world.json(['realize', id])).toMatchObject({ data: { changed: false } })
  expect(readdirSync(world.home(id)).filter((name) => /\.(tmp|old)$/.test(name))).toEqual([])
}
