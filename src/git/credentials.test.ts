import { expect, test } from 'vitest'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { authorization } from './credentials.ts'

const { ctx } = createTestCtx({ githubToken: 'ghp_secret' })

function loginFor(url: string): string | null {
  const { authorization: value } = authorization(ctx, new URL(url))
  return value === undefined ? null : Buffer.from(value.slice(6), 'base64').toString()
}

test('the token is for https://github.com', () => {
  expect(loginFor('https://github.com/me/repo')).toBe('x-access-token:ghp_secret')
  expect(loginFor('https://GitHub.com:443/me/repo')).toBe('x-access-token:ghp_secret')
})

test.each([
  'http://github.com/me/repo',
  'https://github.com:8443/me/repo',
  'https://api.github.com/me/repo',
  'https://github.com.example.org/me/repo',
  'https://notgithub.com/me/repo',
  'https://example.org/github.com/me/repo',
])('not for %s', (url) => {
  expect(loginFor(url)).toBeNull()
})

test('another host gets the login of its own address', () => {
  expect(loginFor('https://github.com:p%40ss@example.org/me/repo')).toBe('github.com:p@ss')
})
