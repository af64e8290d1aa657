import { expect, test } from 'vitest'
import { isInRange } from './version-range.ts'

test.each([
  ['0.3.68', '>=0.3.68', true],
  ['0.3.64', '>=0.3.68', false],
  ['0.33.0+standin', '>=0.3.68,<1', true],
  ['1.0', '>=0.3.68, <1', false],
  ['0.3.64', '==0.3.*', true],
  ['0.4.0', '~=0.3.1', false],
  ['0.3.9', '~=0.3.1', true],
  ['0.3.9', '!=0.3.9', false],
  ['0.3.9', 'whatever that means', true],
  ['0.3.9', '', true],
])('%s in %j: %s', (version, range, expected) => {
  expect(isInRange(version, range)).toBe(expected)
})
