import { describe, expect, test } from 'vitest'
import { editSpecText, type SpecEdit } from './write-edits.ts'

const text = `{
    "schema_version": 2,
    "version_id": "a",
    "models": [
        {"source": "x"}
    ],
    "python_packages": ["one", "two"],
    "env": {
        "B": "1",
        "A": "2"
    }
}
`

function edit(...edits: SpecEdit[]): string {
  return editSpecText(text, edits)
}

test('a value is replaced where it stands, and nothing else moves', () => {
  expect(edit({ kind: 'set', path: ['version_id'], value: 'b' })).toBe(
    text.replace('"version_id": "a"', '"version_id": "b"'),
  )
})

test('an element is laid out as the one before it is', () => {
  const value = { source: 'y', name: 'z' }
  expect(edit({ kind: 'append', path: ['models'], value })).toBe(
    text.replace('"x"}', '"x"},\n        { "source": "y", "name": "z" }'),
  )
  expect(edit({ kind: 'append', path: ['python_packages'], value: 'three' })).toBe(
    text.replace('"two"]', '"two", "three"]'),
  )
})

test('a list or an object that is missing is made, with the indentation of the file', () => {
  expect(edit({ kind: 'append', path: ['custom_nodes'], value: { repo: 'r' } })).toBe(
    text.replace(
      '    }\n}',
      '    },\n    "custom_nodes": [\n        {\n            "repo": "r"\n        }\n    ]\n}',
    ),
  )
  expect(edit({ kind: 'set', path: ['options', 'offline'], value: true })).toBe(
    text.replace('    }\n}', '    },\n    "options": {\n        "offline": true\n    }\n}'),
  )
})

describe('removing', () => {
  test.each([
    ['the first of several', ['python_packages', 0], '["one", "two"]', '["two"]'],
    ['the last of several', ['python_packages', 1], '["one", "two"]', '["one"]'],
    ['the only one', ['models', 0], '[\n        {"source": "x"}\n    ]', '[]'],
    ['a property', ['env', 'B'], '"B": "1",\n        ', ''],
    ['the last property', ['env', 'A'], ',\n        "A": "2"', ''],
    ['what is not there', ['env', 'C'], 'x', 'x'],
  ])('%s', (_, path, from, to) => {
    expect(edit({ kind: 'remove', path })).toBe(text.replace(from, to))
  })
})

test('several edits see each other, and Windows line ends stay', () => {
  const crlf = '{\r\n\t"a": []\r\n}\r\n'
  const both: SpecEdit[] = [1, 2].map((value) => ({ kind: 'append', path: ['a'], value }))
  expect(editSpecText(crlf, both)).toBe('{\r\n\t"a": [\r\n\t\t1,\r\n\t\t2\r\n\t]\r\n}\r\n')
})

test('a text on one line stays on one line', () => {
  const edits: SpecEdit[] = [
    { kind: 'append', path: ['a'], value: { b: 1 } },
    { kind: 'set', path: ['c'], value: 2 },
  ]
  expect(editSpecText('{"a": [0]}', edits)).toBe('{"a": [0, { "b": 1 }], "c": 2}')
})
