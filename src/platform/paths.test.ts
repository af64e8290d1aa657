import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import type { Settings } from '../core/settings.ts'
import {
  cachePaths,
  homeOf,
  homePaths,
  insideOf,
  isVersionId,
  isWithin,
  markerOf,
  modelsDirOf,
  requireVersionId,
  sharedModelsDir,
} from './paths.ts'
import { isWritable } from './settings.ts'

function settings(given: Partial<Settings>): Settings {
  const nothing = { home: null, buildsRoot: null, modelsDir: null }
  return { ...createTestCtx().ctx.settings, ...nothing, ...given }
}

const volume = ['/runpod-volume', '/workspace'].find(isWritable)

describe('the home', () => {
  test('is the one that was named, else a folder of the builds root, else of a volume or ~', () => {
    const both = { home: '/mine', buildsRoot: '/builds' }
    expect(homeOf(settings(both), 'main')).toBe('/mine')
    expect(homeOf(settings({ buildsRoot: '/builds' }), 'main')).toBe('/builds/comfy-main')
    expect(homeOf(settings({}), 'main')).toBe(join(volume ?? homedir(), 'comfy-main'))
  })

  test('has its parts where they are documented', () => {
    expect(homePaths('/h')).toMatchObject({
      marker: '/h/.comfypin.json',
      customNodes: '/h/custom_nodes',
      python: '/h/.venv/bin/python',
      extraModelPaths: '/h/extra_model_paths.yaml',
      var: '/h/var',
    })
  })
})

test('the model store is the one that was named, else on a volume, else in the home', () => {
  expect(modelsDirOf(settings({ modelsDir: '/m' }), '/h')).toBe('/m')
  expect(modelsDirOf(settings({}), '/h')).toBe(join(volume ?? '/h', 'models'))
})

describe('a volume that RUNPOD_VOLUME_ROOT names', () => {
  const on = (root: string) => settings({ volume: { root, quotaBytes: null } })

  test('has homes and model store, as those have that RunPod mounts itself', () => {
    const root = tempDir('volume')
    expect(homeOf(on(root), 'main')).toBe(join(root, 'comfy-main'))
    expect(sharedModelsDir(on(root))).toBe(join(root, 'models'))
    expect(homeOf({ ...on(root), buildsRoot: '/builds' }, 'main')).toBe('/builds/comfy-main')
    expect(modelsDirOf({ ...on(root), modelsDir: '/m' }, '/h')).toBe('/m')
  })

  test('keeps a home of ours in its builds, unless it has one of its own or another place was named', () => {
    const root = tempDir('volume')
    const old = join(root, 'builds', 'comfy-old')
    mkdirSync(old, { recursive: true })
    expect(homeOf(on(root), 'old')).toBe(join(root, 'comfy-old'))
    writeFileSync(markerOf(old), '{}')
    expect(homeOf(on(root), 'old')).toBe(old)
    expect(homeOf(on(root), 'main')).toBe(join(root, 'comfy-main'))
    expect(homeOf({ ...on(root), buildsRoot: '/builds' }, 'old')).toBe('/builds/comfy-old')
    expect(homeOf({ ...on(root), home: '/mine' }, 'old')).toBe('/mine')
    mkdirSync(join(root, 'comfy-old'))
    expect(homeOf(on(root), 'old')).toBe(join(root, 'comfy-old'))
  })

  test('is passed over when it is not there, and no other takes its place', () => {
    const root = join(tempDir('volume'), 'absent')
    expect(homeOf(on(root), 'main')).toBe(join(homedir(), 'comfy-main'))
    expect(sharedModelsDir(on(root))).toBeNull()
    expect(modelsDirOf(on(root), '/h')).toBe('/h/models')
  })
})

test('the cache has its parts where they are documented', () => {
  const cache = cachePaths('/c')
  expect(cache).toMatchObject({
    git: '/c/git',
    checkouts: '/c/checkouts',
    uv: '/c/uv',
    tmp: '/c/tmp',
  })
  expect(cache.lock('main')).toBe('/c/resolved/main.lock.json')
  expect(cache.pylock('main')).toBe('/c/resolved/pylock.main.toml')
})

describe('a version id', () => {
  test.each(['a', '7', 'flux-dev_1.0', 'A'.repeat(128)])('may be %j', (id) => {
    expect(requireVersionId(id)).toBe(id)
  })

  test.each([
    ...['', '.', '..', '.hidden', '-flag', '_x', 'a/b', 'a\\b', '/etc', 'a..b', 'a b', 'a\n'],
    ...['a\0', 'ä', 'a:b', '~', '$HOME', 'a'.repeat(129)],
  ])('may not be %j', (id) => {
    expect(thrownBy(() => requireVersionId(id))).toMatchObject({ code: 'ID_INVALID' })
  })

  test('never leads out of a folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', '-', '\0') }), (id) => {
        if (isVersionId(id)) expect(resolve('/root', id)).toBe(`/root/${id}`)
      }),
    )
  })
})

describe('a path inside a folder', () => {
  test.each([
    ['a', '/root/a'],
    ['a/b.pt', '/root/a/b.pt'],
    ['./a//b/', '/root/a/b'],
    ['a/../b', '/root/b'],
    ['..a', '/root/..a'],
    ['...', '/root/...'],
  ])('%s', (path, expected) => {
    expect(insideOf('/root', path)).toBe(expected)
  })

  test.each([
    ...['', '.', '..', '../x', 'a/../..', 'a/../../root2', '/etc/passwd', '/root/a'],
    ...['../root', '../rooted', 'a\0b'],
  ])('is not %j', (path) => {
    expect(thrownBy(() => insideOf('/root', path))).toMatchObject({
      code: 'PATH_UNSAFE',
      params: { path, root: '/root' },
    })
  })

  test('lies below it, whatever was asked for', () => {
    const hostile = fc.string({ unit: fc.constantFrom('..', '.', '/', 'a', ' ', '\0') })
    fc.assert(
      fc.property(hostile, (path) => {
        let full = '/root/fallback'
        try {
          full = insideOf('/root', path)
        } catch {
          return // refused is safe
        }
        expect(full.startsWith('/root/')).toBe(true)
        expect(isWithin('/root', full)).toBe(true)
      }),
    )
  })

  test('is not told by its first letters', () => {
    expect(isWithin('/root', '/rooted/a')).toBe(false)
    expect(isWithin('/root', '/root')).toBe(false)
    expect(isWithin('/', '/a')).toBe(true)
  })
})
