import { describe, expect, test } from 'vitest'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { isAddress, mirrored, withoutLogin } from './address.ts'

test.each([
  'https://example.org/a/b.git',
  'http://example.org:8080/a',
  'ssh://git@example.org/a/b',
  'git@example.org:a/b.git',
  'example.org:a/b',
  'git://example.org/a',
  'file:///srv/a',
  '/srv/a.git',
  '../inner.git',
])('%s is an address', (text) => {
  expect(isAddress(text)).toBe(true)
})

test.each([
  '',
  '-uevil',
  'ext::sh -c x',
  'fd::17/x',
  'ftp://example.org/a',
  'https://',
  'ssh://-oProxyCommand=x/a',
  'git@-oProxyCommand=x:a',
  'https://a/b\nc',
  'a\u0000b',
])('%j is none', (text) => {
  expect(isAddress(text)).toBe(false)
})

test('a login is no part of what is shown', () => {
  expect(withoutLogin('https://me:secret@example.org/a@b')).toBe('https://example.org/a@b')
  expect(withoutLogin('git@example.org:a/b')).toBe('git@example.org:a/b')
})

describe('a mirror of github.com', () => {
  const { settings } = createTestCtx({ githubEndpoint: 'https://mirror.example/gh' }).ctx

  test.each([
    ['https://github.com/a/b.git', 'https://mirror.example/gh/a/b.git'],
    ['https://github.com.evil.example/a', 'https://github.com.evil.example/a'],
    ['https://example.org/github.com/a', 'https://example.org/github.com/a'],
    ['git@github.com:a/b', 'git@github.com:a/b'],
  ])('%s is fetched from %s', (url, expected) => {
    expect(mirrored(settings, url)).toBe(expected)
  })
})
