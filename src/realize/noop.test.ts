import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import type { Settings } from '../core/settings.ts'
import { recordName, sourceKey } from '../models/record-name.ts'
import { indexDir } from '../models/store-layout.ts'
import { writeRecord } from '../models/store.ts'
import { cachePaths, homePaths } from '../platform/paths.ts'
import { lockText } from '../resolve/lock-text.ts'
import type { Lock } from '../resolve/types.ts'
import type { Marker } from './marker.ts'
import { stampOf, unchangedMarker } from './noop.ts'

const SPEC = '{"version_id":"main"}'

/** What a realize leaves behind: two packs, one of them copied, and a model. */
function setUp(changes: Partial<Marker['seal']> = {}) {
  const root = tempDir()
  const cache = cachePaths(join(root, 'cache'))
  const at = homePaths(join(root, 'homes/comfy-main'))
  const modelsDir = join(root, 'models')
  const core = join(cache.checkouts, 'core@1')
  const linked = join(cache.checkouts, 'linked@1')
  const lock = lockOf('loras/a.pt')
  put(`${core}.complete`)
  put(join(linked, '__init__.py'))
  put(join(at.customNodes, 'copied/__init__.py'))
  symlinkSync(linked, join(at.customNodes, 'linked'))
  put(at.extraModelPaths, 'comfypin:\n')
  put(cache.lock('main'), lockText(lock))
  put(join(modelsDir, 'loras/a.pt'))
  const source = 'https://example.org/a.pt'
  writeRecord(modelsDir, { source, path: 'loras/a.pt', size: 0, etag: null, sha256: null })
  const marker: Marker = {
    ...{ schema: 1, tool: 'comfypin', version_id: 'main', spec: SPEC, lock: lockText(lock) },
    ...{ home: at.home, models_dir: modelsDir, env: {}, check: null },
    python: { request: '3.11', version: '3.11.7' },
    core: { dir: core, checkout: core, base_directory: true },
    packs: [
      { name: 'linked', mode: 'link', checkout: linked, record: '', seal: '' },
      {
        ...{ name: 'copied', mode: 'copy', checkout: join(cache.checkouts, 'copied@1') },
        ...{ record: '', seal: '' },
      },
    ],
    seal: {
      stamps: { [at.extraModelPaths]: stampOf(at.extraModelPaths) },
      models: 'complete',
      records: [recordName(sourceKey(source), 'loras/a.pt')],
      folders: Object.fromEntries(
        [join(modelsDir, 'loras'), indexDir(modelsDir)].map((dir) => [dir, stampOf(dir)]),
      ),
      ...changes,
    },
  }
  put(at.marker, JSON.stringify(marker))
  const settings: Settings = {
    ...createTestCtx().ctx.settings,
    ...{ cacheRoot: join(root, 'cache'), buildsRoot: join(root, 'homes'), home: null, modelsDir },
    ...{ python: null, skipModels: null, offline: null },
  }
  const isUnchanged = (given: Partial<Settings> = {}, spec = SPEC) =>
    unchangedMarker({ ...settings, ...given }, 'main', spec) !== null
  return { root, cache, at, modelsDir, core, linked, marker, settings, isUnchanged }
}

function lockOf(target_path: string): Lock {
  return {
    schema_version: 1,
    version_id: 'main',
    comfy: { repo: 'r', ref: null, commit: 'c'.repeat(40) },
    ...{ custom_nodes: [], env: {} },
    ...{ python_packages: [], python_overrides: [], python_twins: 'one' },
    models: [{ source: 'https://example.org/a.pt', target_path, root: 'models', checksum: null }],
    options: { offline: false, skip_models: false },
  }
}

function put(path: string, text = ''): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

test('a home as it was left needs nothing, and its marker is the answer', () => {
  const { settings, marker } = setUp()
  expect(unchangedMarker(settings, 'main', SPEC)).toEqual(marker)
})

describe('what the user has in the home is no change', () => {
  test.each<[string, (world: ReturnType<typeof setUp>) => void]>([
    ['a pack of their own', ({ at }) => put(join(at.customNodes, 'mine/__init__.py'))],
    ['files in a private copy', ({ at }) => put(join(at.customNodes, 'copied/config.json'))],
    ['inputs and outputs', ({ at }) => put(join(at.output, 'a.png'))],
    ['models of their own', ({ modelsDir }) => put(join(modelsDir, 'loras/mine.pt'))],
  ])('%s', (_, change) => {
    const world = setUp()
    change(world)
    expect(world.isUnchanged()).toBe(true)
  })
})

test('where links stand for models, the folders are listed', () => {
  const { isUnchanged, modelsDir } = setUp({ folders: null })
  expect(isUnchanged()).toBe(true)
  rmSync(join(modelsDir, 'loras/a.pt'))
  expect(isUnchanged()).toBe(false)
})

describe('a change is noticed', () => {
  test.each<[string, (world: ReturnType<typeof setUp>) => void]>([
    ['the marker is gone', ({ at }) => rmSync(at.marker)],
    ['the marker is damaged', ({ at }) => appendFileSync(at.marker, '}')],
    [
      "the marker is another version's",
      ({ at, marker }) => put(at.marker, JSON.stringify({ ...marker, version_id: 'other' })),
    ],
    ['the lock is gone', ({ cache }) => rmSync(cache.lock('main'))],
    ['the lock is another one', ({ cache }) => put(cache.lock('main'), lockText(lockOf('b.pt')))],
    ['the core is gone', ({ core }) => rmSync(`${core}.complete`)],
    ['a link is gone', ({ at }) => rmSync(join(at.customNodes, 'linked'))],
    [
      'a link leads elsewhere',
      ({ at, root }) => {
        rmSync(join(at.customNodes, 'linked'))
        symlinkSync(root, join(at.customNodes, 'linked'))
      },
    ],
    ['a checkout is gone', ({ linked }) => rmSync(linked, { recursive: true })],
    [
      'a folder stands where a link was',
      ({ at, linked }) => {
        rmSync(join(at.customNodes, 'linked'))
        cpSync(linked, join(at.customNodes, 'linked'), { recursive: true })
      },
    ],
    [
      'a private copy is gone',
      ({ at }) => rmSync(join(at.customNodes, 'copied'), { recursive: true }),
    ],
    [
      'a link stands where a copy was',
      ({ at, linked }) => {
        rmSync(join(at.customNodes, 'copied'), { recursive: true })
        symlinkSync(linked, join(at.customNodes, 'copied'))
      },
    ],
    ['custom_nodes is gone', ({ at }) => rmSync(at.customNodes, { recursive: true })],
    ['a generated file was edited', ({ at }) => appendFileSync(at.extraModelPaths, 'mine: {}\n')],
    ['a generated file was touched', ({ at }) => utimesSync(at.extraModelPaths, 1, 1)],
    ['a generated file is gone', ({ at }) => rmSync(at.extraModelPaths)],
    ['a model is gone', ({ modelsDir }) => rmSync(join(modelsDir, 'loras/a.pt'))],
    ['the model store is gone', ({ modelsDir }) => renameSync(modelsDir, `${modelsDir}-2`)],
    [
      'another source took the place of a model',
      ({ modelsDir }) => {
        const source = 'https://example.org/other.pt'
        writeRecord(modelsDir, { source, path: 'loras/a.pt', size: 0, etag: null, sha256: null })
      },
    ],
  ])('%s', (_, change) => {
    const world = setUp()
    expect(world.isUnchanged()).toBe(true)
    change(world)
    expect(world.isUnchanged()).toBe(false)
  })

  test('the spec reads otherwise, be it by a space', () => {
    const { isUnchanged } = setUp()
    expect(isUnchanged({}, `${SPEC} `)).toBe(false)
  })

  test('another interpreter, model store, home or cache is asked for', () => {
    const { isUnchanged, root } = setUp()
    expect(isUnchanged({ python: '3.11' })).toBe(true)
    expect(isUnchanged({ python: '3.12' })).toBe(false)
    expect(isUnchanged({ modelsDir: join(root, 'elsewhere') })).toBe(false)
    expect(isUnchanged({ home: join(root, 'elsewhere') })).toBe(false)
    expect(isUnchanged({ cacheRoot: join(root, 'elsewhere') })).toBe(false)
  })
})

describe('models that are not there', () => {
  test('are fine as long as nobody wants them', () => {
    const { isUnchanged, modelsDir } = setUp()
    rmSync(modelsDir, { recursive: true })
    expect(isUnchanged({ skipModels: true })).toBe(true)
    expect(isUnchanged({ skipModels: false })).toBe(false)
  })

  test('because they were left out are looked for when they are wanted now', () => {
    const { isUnchanged } = setUp({ models: 'skipped', records: [] })
    expect(isUnchanged({ skipModels: true })).toBe(true)
    expect(isUnchanged()).toBe(false)
  })

  test('because they were not to be had are looked for every time', () => {
    const { isUnchanged } = setUp({ models: 'partial' })
    expect(isUnchanged()).toBe(false)
    expect(isUnchanged({ skipModels: true })).toBe(false)
  })
})

test('looking changes nothing', () => {
  const { isUnchanged, at } = setUp()
  const before = stampOf(at.home)
  const text = readFileSync(at.marker, 'utf8')
  expect(isUnchanged()).toBe(true)
  expect(stampOf(at.home)).toBe(before)
  expect(readFileSync(at.marker, 'utf8')).toBe(text)
})
