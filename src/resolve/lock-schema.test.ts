import { expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { parseLock } from './lock-schema.ts'
import { lockText } from './lock-text.ts'
import type { Lock } from './types.ts'

const lock: Lock = {
  schema_version: 1,
  version_id: 'main',
  comfy: { repo: 'https://example.org/a/b', ref: null, commit: 'c'.repeat(40) },
  custom_nodes: [
    {
      ...{ repo: 'r', ref: 'main', commit: null, subdir: null, registry: null },
      ...{ name: 'alpha', install_requirements: true },
    },
  ],
  models: [{ source: 's', target_path: 'loras/a.pt', root: 'models', checksum: null }],
  python_packages: ['numpy'],
  ...{ python_overrides: [], python_twins: 'one' },
  env: { A: '1' },
  options: { offline: false, skip_models: false },
}

function refusal(text: string) {
  return thrownBy(() => parseLock(text, 'cache/resolved/main.lock.json', 'main'))
}

/** The lock with one value changed, whose place is written as in JavaScript. */
function lockWith(place: string, value: unknown): string {
  const copy = JSON.parse(lockText(lock))
  const keys = place.split(/[.[\]]+/).filter((key) => key !== '')
  const owner = keys.slice(0, -1).reduce((inner, key) => inner[key], copy)
  owner[keys.at(-1) ?? ''] = value
  return JSON.stringify(copy)
}

test('what later versions may add is no damage, and is not kept', () => {
  expect(parseLock(lockWith('python_lock', 'x'), 'f', 'main')).toEqual(lock)
})

test.each<[string, unknown]>([
  ['schema_version', 2],
  ['version_id', null],
  ['comfy', []],
  ['comfy.commit', 'main'],
  ['comfy.commit', 'C'.repeat(40)],
  ['custom_nodes[0].name', 5],
  ['custom_nodes[0]', { ...lock.custom_nodes[0], repo: null }],
  ['custom_nodes[0].subdir', '../x'],
  ['custom_nodes[0].registry', 'x'],
  ['models[0].root', 'etc'],
  ['models[0].checksum', 'x'],
  ['python_packages', 'numpy'],
  ['env.A', 1],
  ['options.offline', 'no'],
])('a lock whose %s is %j is refused, with the place', (place, value) => {
  const { code, params } = refusal(lockWith(place, value))
  expect(code).toBe('LOCK_INVALID')
  expect(params).toMatchObject({ file: 'cache/resolved/main.lock.json', id: 'main' })
  expect(String(params['reason']).split(': ')[0]).toBe(place)
})

test.each(['', '{', 'null', '[]', '"lock"', '<<<<<<< HEAD\n{}'])('%j is no lock', (text) => {
  expect(refusal(text)).toMatchObject({ code: 'LOCK_INVALID' })
})

test('however much is wrong, the reason is one line', () => {
  const wrong = Object.fromEntries(Object.keys(lock).map((key) => [key, 0]))
  for (const text of [JSON.stringify(wrong), 'null', '{'])
    expect(refusal(text).params['reason']).toMatch(/^[^\n]{1,300}$/)
})

test('a lock cut off at any byte is refused', () => {
  const text = lockText(lock).trimEnd()
  for (let length = 0; length < text.length; length += 7)
    expect(refusal(text.slice(0, length)).code).toBe('LOCK_INVALID')
})

test('a lock from before folders and registry packs existed is read, with the same commits', () => {
  const { subdir: _, registry: __, ...pack } = lock.custom_nodes[0] ?? {}
  expect(parseLock(lockWith('custom_nodes[0]', pack), 'f', 'main')).toEqual(lock)
})

test.each([
  { id: '../x', version: '1.0.0' },
  { id: 'x', version: '../../1' },
  { id: 'x', version: '1.0.0', sha256: 'short' },
  { id: 'x', version: '1.0.0', url: 'javascript:alert(1)' },
])('a registry pin that would leave its place is refused: %j', (wrong) => {
  const good = { url: 'https://example.org/x.zip', sha256: 'a'.repeat(64) }
  const pack = { ...lock.custom_nodes[0], repo: null, registry: { ...good, ...wrong } }
  expect(refusal(lockWith('custom_nodes[0]', pack)).code).toBe('LOCK_INVALID')
})
