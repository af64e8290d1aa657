import { expect, test } from 'vitest'
import { isOwnHost } from './redirect.ts'

test.each([
  ['https://a.org/x', 'https://a.org/y', true],
  ['http://a.org/x', 'https://a.org/x', true],
  ['https://a.org/x', 'http://a.org/x', false],
  ['https://a.org/x', 'https://cdn.a.org/x', false],
  ['https://a.org/x', 'https://a.org.evil.net/x', false],
  ['https://a.org/x', 'https://a.org:8443/x', false],
  ['http://127.0.0.1:1/x', 'http://127.0.0.1:2/x', false],
])('credentials for %s may go to %s: %s', (origin, hop, expected) => {
  expect(isOwnHost(new URL(origin), new URL(hop))).toBe(expected)
})
