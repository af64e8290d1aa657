import { expect, test } from 'vitest'
import { isRetryStatus, isTransient, retryAfterMs } from './retry.ts'

const now = Date.UTC(2025, 0, 6, 10, 0, 0)

test.each([
  [undefined, 0],
  ['3', 3000],
  ['Mon, 06 Jan 2025 10:00:07 GMT', 7000],
  ['Mon, 06 Jan 2025 09:00:00 GMT', 0],
  ['soon', 0],
  ['-5', 0],
])('Retry-After %j means %i ms', (value, expected) => {
  expect(retryAfterMs(value === undefined ? {} : { 'retry-after': value }, now)).toBe(expected)
})

test('only statuses and failures that may pass are tried again', () => {
  expect([200, 401, 403, 404, 408, 416, 429, 500, 503].filter(isRetryStatus)).toEqual([
    408, 429, 500, 503,
  ])
  const failure = (code: string) => Object.assign(new Error(code), { code })
  expect(isTransient(failure('ECONNRESET'))).toBe(true)
  expect(isTransient(failure('HPE_INVALID_CONSTANT'))).toBe(true)
  expect(isTransient(failure('ENOTFOUND'))).toBe(false)
  expect(isTransient(failure('CERT_HAS_EXPIRED'))).toBe(false)
  expect(isTransient(new Error('no code'))).toBe(false)
})
