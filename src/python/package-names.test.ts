import { expect, test } from 'vitest'
import {
  compareReleases,
  normalizeName,
  normalizeVersion,
  requirementName,
} from './package-names.ts'

test('names have one spelling', () => {
  expect(['Foo.Bar', 'foo__bar', 'FOO-_.bar'].map(normalizeName)).toEqual(
    Array.from({ length: 3 }, () => 'foo-bar'),
  )
})

test.each([
  ['2023.07.10', '2023.7.10'],
  ['v1.0', '1.0'],
  ['1.0-beta.2', '1.0b2'],
  ['1.0.alpha1', '1.0a1'],
  ['1.0_rc1', '1.0rc1'],
  ['1.0c1', '1.0rc1'],
  ['1.0-1', '1.0.post1'],
  ['1.0.post01', '1.0.post1'],
  ['1.0dev', '1.0.dev0'],
  ['1!2.0', '1!2.0'],
  ['2.13.0+CPU', '2.13.0+cpu'],
  ['1.0+cu12-1', '1.0+cu12.1'],
])('version %s is spelled %s', (given, spelled) => {
  expect(normalizeVersion(given)).toBe(spelled)
})

test('releases are ordered by their numbers', () => {
  const given = ['4.11.0.86', '4.9', '5.0.0rc1', '4.10.1+cpu']
  expect(given.toSorted(compareReleases)).toEqual(['4.9', '4.10.1+cpu', '4.11.0.86', '5.0.0rc1'])
})

test.each([
  ['Foo_Bar>=1', 'foo-bar'],
  ['foo[extra] ; marker', 'foo'],
  ['foo @ https://host/x.whl', 'foo'],
  ['foo', 'foo'],
  ['https://host/foo.whl', null],
  ['git+https://host/foo', null],
  ['./foo.whl', null],
])('%s starts with the name %s', (line, name) => {
  expect(requirementName(line)).toBe(name)
})
