import { expect, test } from 'vitest'
import {
  failedPackage,
  isConflict,
  lacksCachedData,
  reasonOfUv,
  unavailablePackage,
} from './uv-failure.ts'

test('the reason has no progress lines and no secrets', () => {
  const stderr = [
    'Using Python 3.11.7 environment at: v',
    'warning: something',
    'WARN something else',
    'error: Failed to fetch: https://me:secret@host/simple/',
    '  cause: Connection refused',
  ].join('\n')
  expect(reasonOfUv(stderr)).toBe(
    'Failed to fetch: https://***@host/simple/\n  cause: Connection refused',
  )
})

test('a failure that says nothing is still one', () => {
  expect(reasonOfUv('Resolved 2 packages\n')).not.toBe('')
})

test.each([
  ['error: Failed to build `six==1.0`\n  cause: x', 'six==1.0'],
  ['error: Failed to download `six @ https://me:pw@host/x`', 'six @ https://***@host/x'],
  ['  × Failed to download and build `six==1.0`', 'six==1.0'],
  ['error: something else', null],
])('the package of %j is %s', (stderr, name) => {
  expect(failedPackage(stderr)).toBe(name)
})

test('a conflict of older and newer uv is recognized, and told from missing data', () => {
  const older = '  × No solution found when resolving dependencies:\n  ╰─▶ Because you require a'
  expect([isConflict(older), lacksCachedData(older)]).toEqual([true, false])
  const missing = 'Because jinja2 was not found in the cache and you require jinja2'
  expect(lacksCachedData(missing)).toBe(true)
})

test.each([
  ['Because flask was not found in the cache and you require flask, we can', 'flask'],
  ['Because No_Where was not found in the provided package locations and you', 'no-where'],
  ['Because a.b==2.31.0 needs to be downloaded from a registry and you require', 'a-b'],
  ['Because all versions of alpha need to be downloaded from a registry', 'alpha'],
  ['Because only alpha<=2.0 is available and you require alpha>=9', 'alpha'],
  ['Because there is no version of alpha==9 and you require alpha==9', 'alpha'],
  ["error: Failed to download `jinja2==3.1.6`\n  cause: the data wasn't found", 'jinja2'],
  ['error: Failed to download and build `foo @ git+https://example.org/x.git`', 'foo'],
])('offline, uv cannot have: %s', (stderr, name) => {
  expect(unavailablePackage(stderr)).toBe(name)
})

test('a conflict of packages that are here is about none of them', () => {
  const proof = 'Because you require a<1 and a>=2, your requirements are unsatisfiable.'
  expect(unavailablePackage(proof)).toBeNull()
})
