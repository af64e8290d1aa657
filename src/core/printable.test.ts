import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable } from './printable.ts'

test.each([
  ['plain text, мой текст, 文字 👩‍💻', 'plain text, мой текст, 文字 👩‍💻'],
  ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b[2J\u001b[1;1Hover', 'over'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001b]52;c;cm0gLXJmIC8=\u0007', ''],
  ['done\rnot done', 'done\\u000dnot done'],
  ['windows\r\nlines', 'windows\nlines'],
  ['\u001bcreset', '\\u001bcreset'],
  ['cut off \u001b[', 'cut off \\u001b['],
  ['\u009b31mred', '\\u009b31mred'],
  ['bell\u0007 and back\b', 'bell\\u0007 and back\\u0008'],
  ['nul\0 and delete\u007f', 'nul\\u0000 and delete\\u007f'],
  ['a\u202Egnp.pt', 'a\\u202egnp.pt'],
])('%j is shown as %j', (text, expected) => {
  expect(printable(text)).toBe(expected)
})

test('nothing that a terminal obeys is left, and what is shown once is shown the same again', () => {
  const bit = fc.constantFrom(
    '\u001b',
    '[',
    ']',
    '\u0007',
    '\\',
    'm',
    '3',
    ';',
    '\r',
    '\n',
    '\u009b',
  )
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: bit }))
  fc.assert(
    fc.property(text, (any) => {
      const shown = printable(any)
      expect(shown.replaceAll(/[\n\t]/g, '')).not.toMatch(/\p{Cc}/u)
      expect(printable(shown)).toBe(shown)
    }),
  )
})

test('a long text of unfinished sequences takes no time', () => {
  const started = performance.now()
  printable('\u001b]\u001b['.repeat(200_000))
  printable(`\u001b]${'x'.repeat(1_000_000)}`)
  expect(performance.now() - started).toBeLessThan(5000)
})
