import { expect, test } from 'vitest'
import { isNestedTooDeep } from './nesting.ts'

test.each([
  ['a list', '[1, 2, [3]]'],
  ['YAML', 'models:\n  - source: a\n    name: "[[["\n'],
  ['many brackets side by side', '[]'.repeat(10_000)],
  ['many brackets that close nothing', `${']'.repeat(10_000)}[[1]]`],
  ['nothing', ''],
])('%s may be parsed', (_, text) => {
  expect(isNestedTooDeep(text, 'yaml')).toBe(false)
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
  expect(isNestedTooDeep(text, 'yaml')).toBe(true)
})

test('what nests in YAML alone is no matter in JSON', () => {
  expect(isNestedTooDeep(`["${'- '.repeat(10_000)}"]`, 'json')).toBe(false)
  expect(isNestedTooDeep('['.repeat(101), 'json')).toBe(true)
})
