import { describe, expect, test } from 'vitest'
import type { RegistryVersion } from './types.ts'
import { loadRanges } from './version-range.ts'

function version(text: string, change: Partial<RegistryVersion> = {}): RegistryVersion {
  return { version: text, status: 'active', deprecated: false, url: null, ...change }
}

async function best(wanted: string | null, ...versions: RegistryVersion[]): Promise<string | null> {
  return (await loadRanges()).best(versions, wanted)?.version ?? null
}

test('the newest version is the highest, not the last or the longest', async () => {
  expect(await best(null, version('1.10.0'), version('1.9.9'), version('1.2.0'))).toBe('1.10.0')
})

describe('a range takes the newest that satisfies it', () => {
  test.each([
    ['^1.2', '1.10.0'],
    ['~1.2.0', '1.2.9'],
    ['1.2.x', '1.2.9'],
    ['<1.2', '1.1.0'],
    ['>=1.1 <1.2.5', '1.1.0'],
    ['1.0 - 1.1', '1.1.0'],
    ['9 || 2', '2.0.0'],
    ['=1.2.9', '1.2.9'],
    ['^3', null],
  ])('%s', async (wanted, expected) => {
    const all = ['1.1.0', '1.2.9', '1.10.0', '2.0.0', '3.0.0-rc.1'].map((text) => version(text))
    expect(await best(wanted, ...all)).toBe(expected)
  })
})

test('an approved version comes before newer ones that nobody approved or wants', async () => {
  const flagged = version('3.0.0', { status: 'flagged' })
  const deprecated = version('2.0.0', { deprecated: true })
  expect(await best(null, flagged, deprecated, version('1.0.0'))).toBe('1.0.0')
  expect(await best(null, flagged, deprecated)).toBe('2.0.0')
  expect(await best(null, flagged)).toBe('3.0.0')
})

test('a pack that has prereleases alone means them', async () => {
  expect(await best(null, version('1.0.0-a.1'), version('1.0.0-a.2'))).toBe('1.0.0-a.2')
})

test('a version that is none for npm is taken by its exact name', async () => {
  expect(await best('2024.1', version('2024.1'), version('1.0.0'))).toBe('2024.1')
})

test('only a whole version is exact', async () => {
  const { exact } = await loadRanges()
  expect(['1.2.3', '=1.2.3', '1.2', '^1.2.3', '*'].map(exact)).toEqual([
    '1.2.3',
    '1.2.3',
    null,
    null,
    null,
  ])
})
