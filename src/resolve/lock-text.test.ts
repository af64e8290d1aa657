import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLock } from './lock-schema.ts'
import { lockText } from './lock-text.ts'
import type { Lock } from './types.ts'

const commit = fc.option(fc.stringMatching(/^[0-9a-f]{40}$/))
const text = fc.string({ unit: 'grapheme' })
const repo = { repo: text, ref: fc.option(text), commit }
const subdir = fc.option(fc.constantFrom('nodes', 'a/b c'))
const registry = fc.constantFrom(
  { id: 'kj-nodes', version: null, url: null, sha256: null },
  { id: 'x', version: '1.2.3-rc.1', url: 'https://example.org/x.zip', sha256: 'a'.repeat(64) },
)
const pack = fc
  .record({ ...repo, subdir, registry, name: text, install_requirements: fc.boolean() })
  .chain((full) =>
    fc.constantFrom(
      { ...full, registry: null },
      { ...full, repo: null, ref: null, commit: null, subdir: null },
    ),
  )

const anyLock: fc.Arbitrary<Lock> = fc.record({
  schema_version: fc.constant(1),
  version_id: text,
  comfy: fc.record(repo),
  custom_nodes: fc.array(pack),
  models: fc.array(
    fc.record({
      source: text,
      target_path: text,
      root: fc.constantFrom('models' as const, 'home' as const),
      checksum: fc.option(
        fc.record({ algorithm: fc.constantFrom('sha256' as const, 'md5' as const), hex: text }),
      ),
    }),
  ),
  python_packages: fc.array(text),
  python_overrides: fc.array(text),
  python_twins: fc.constantFrom('one', 'all'),
  // names as a spec may have them; `__proto__` is none that a process gets
  env: fc.dictionary(fc.stringMatching(/^[A-Za-z]\w*$/), text),
  options: fc.record({ offline: fc.boolean(), skip_models: fc.boolean() }),
})

test('a lock is read as it was written', () => {
  fc.assert(
    fc.property(anyLock, (lock) => {
      expect(parseLock(lockText(lock), 'a.lock.json', 'a')).toEqual(lock)
    }),
  )
})

test('the text is the same whatever order the keys had', () => {
  fc.assert(
    fc.property(anyLock, (lock) => {
      expect(lockText(reversed(lock))).toBe(lockText(lock))
    }),
  )
})

test('what was read gives the same bytes again', () => {
  fc.assert(
    fc.property(anyLock, (lock) => {
      const first = lockText(lock)
      expect(lockText(parseLock(first, 'a.lock.json', 'a'))).toBe(first)
    }),
  )
})

test('keys are sorted at every level, lists keep their order, and one line break ends it', () => {
  const lock: Lock = {
    version_id: 'main',
    schema_version: 1,
    python_packages: ['b', 'a'],
    python_twins: 'all',
    python_overrides: ['c==1'],
    options: { skip_models: false, offline: true },
    models: [],
    env: { b: '1', a: '2', B: '3' },
    custom_nodes: [],
    comfy: { repo: 'r', commit: null, ref: 'main' },
  }
  expect(lockText(lock)).toBe(`{
  "comfy": {
    "commit": null,
    "ref": "main",
    "repo": "r"
  },
  "custom_nodes": [],
  "env": {
    "B": "3",
    "a": "2",
    "b": "1"
  },
  "models": [],
  "options": {
    "offline": true,
    "skip_models": false
  },
  "python_overrides": [
    "c==1"
  ],
  "python_packages": [
    "b",
    "a"
  ],
  "python_twins": "all",
  "schema_version": 1,
  "version_id": "main"
}
`)
})

/** The same value with the keys of every object in reverse. */
function reversed<T>(value: T): T
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toReversed()
  return Object.fromEntries(entries.map(([key, inner]) => [key, reversed(inner)]))
}
