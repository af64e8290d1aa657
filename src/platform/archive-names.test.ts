import { describe, expect, test } from 'vitest'
import { checkArchiveNames } from './archive-names.ts'

/** What is wrong with the last of these names. */
function problemOf(...names: string[]): string | null {
  const checked = checkArchiveNames()
  return names.map((name) => checked.add(name)).at(-1) ?? null
}

test('plain files and folders pass, in any order', () => {
  expect(problemOf('__init__.py', 'web/', 'web/a.js', 'web/b.js', '.github/x.yml')).toBeNull()
  expect(problemOf('web/a.js', 'web/', 'ünïcode/名前.py')).toBeNull()
})

describe('a name that would leave the folder or trick somebody is refused', () => {
  test.each([
    ['/etc/passwd', 'absolute'],
    ['C:/x', 'absolute'],
    ['../x', 'no plain path'],
    ['a/../../x', 'no plain path'],
    ['a//b', 'no plain path'],
    ['./a', 'no plain path'],
    ['', 'no plain path'],
    ['a\\b', 'backslash'],
    ['a\u0000b', 'control'],
    ['a\u001b[31m', 'control'],
    ['.git/config', 'git repository'],
    ['sub/.GIT/hooks/x', 'git repository'],
    [`${'x'.repeat(300)}.py`, 'too long'],
    [`${'d/'.repeat(600)}x`, 'too long'],
  ])('%j', (name, reason) => {
    expect(problemOf(name)).toContain(reason)
  })
})

describe('names that are one file somewhere are refused', () => {
  test.each([
    [['a.py', 'a.py'], 'twice'],
    [['A.py', 'a.py'], 'one name'],
    [['Web/a.js', 'web/b.js'], 'one name'],
    [['caf\u00e9.py', 'cafe\u0301.py'], 'one name'],
    [['a', 'a/b'], 'twice'],
    [['a/b', 'a'], 'twice'],
  ])('%j', (names, reason) => {
    expect(problemOf(...names)).toContain(reason)
  })
})
