import { expect, test } from 'vitest'
import { limitOf } from './text-limits.ts'

test.each([
  ['a list', '[1, 2, [3]]'],
  ['YAML', 'models:\n  - source: a\n    name: "[[["\n'],
  ['many brackets side by side', '[]'.repeat(10_000)],
  ['nothing', ''],
])('%s may be parsed', (_, text) => {
  expect(limitOf(text, 'yaml')).toBeNull()
})

test.each([
  ['lists', '['.repeat(200_000)],
  ['objects', '{a: '.repeat(200_000)],
  ['lists on one line', '- '.repeat(10_000)],
  ['keys on one line', '? '.repeat(10_000)],
  [
    'indented blocks',
    Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  ],
])('%s nested without end may not', (_, text) => {
  expect(limitOf(text, 'yaml')).toBe('at most 100 levels of lists and objects')
})

test('a large YAML may not, a large JSON may', () => {
  const text = `[${'1, '.repeat(200_000)}1]`
  expect(limitOf(text, 'yaml')).toBe('a YAML file of at most 256 KiB; JSON may be larger')
  expect(limitOf(text, 'json')).toBeNull()
})
