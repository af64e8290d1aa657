import { expect, test } from 'vitest'
import { parseYaml } from './parse-yaml.ts'

test('versions and commits stay text, yes and no and nothing have their meaning', async () => {
  const text = 'a: 1.10\nb: 1234e10\nc: 2026-08-01 10:00:00\nd: true\ne: null\nf: ~\ng: no\n'
  expect(await parseYaml(text)).toEqual({
    a: '1.10',
    b: '1234e10',
    c: '2026-08-01 10:00:00',
    d: true,
    e: null,
    f: null,
    g: 'no',
  })
})

test('keys of prototypes are data, tags make nothing', async () => {
  const value = await parseYaml('__proto__: {x: 1}\ny: !!js/function "z"\n')
  expect(Object.keys(value as object)).toEqual(['__proto__', 'y'])
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
})

test('a mistake has its line', async () => {
  await expect(parseYaml('a: 1\nb: [\n')).rejects.toThrow(/^line 3: /)
})

test.each([
  ['size', 'x'.repeat(2 ** 20 + 1)],
  ['brackets', '[{a: '.repeat(1000)],
  ['dashes', '- '.repeat(100_000)],
  ['questions', '? '.repeat(100_000)],
  ['indentation', Array.from({ length: 2000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
])('too much of %s is refused before it is parsed', async (_what, text) => {
  await expect(parseYaml(text)).rejects.toThrow(RangeError)
})
