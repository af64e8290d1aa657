import { expect, test } from 'vitest'
import { TransientError } from '../platform/retry.ts'
import { judgeAnswer } from './judge-answer.ts'
import type { Journal } from './journal.ts'
import type { TransferRequest } from './types.ts'

const journal: Journal = {
  url: 'https://a.org/m.pt',
  size: 1000,
  etag: '"v1"',
  lastModified: 'Mon, 06 Jan 2025 10:00:00 GMT',
}

function judge(
  status: number,
  headers: Record<string, string>,
  { received = 0, expectedSize = null as number | null } = {},
) {
  const request: TransferRequest = {
    id: 'm',
    source: 'https://a.org/m.pt',
    url: 'https://a.org/m.pt',
    headers: {},
    target: '/models/m.pt',
    expectedSize,
    checksum: null,
    describe: (reason) => `hint for ${reason}`,
    renew: null,
    agents: null,
  }
  let forgotten = false
  const part = {
    received,
    journal: received === 0 ? null : journal,
    forget: () => (forgotten = true),
  }
  try {
    return { verdict: judgeAnswer({ status, headers }, request, part, 0), forgotten, error: null }
  } catch (error) {
    return { verdict: null, forgotten, error }
  }
}

test('a whole answer begins a new part with the validators of the server', () => {
  const { verdict } = judge(200, { 'content-length': '7', etag: '"x"' })
  expect(verdict).toEqual({
    url: 'https://a.org/m.pt',
    size: 7,
    etag: '"x"',
    lastModified: null,
  })
})

test.each([
  ['bytes 400-999/1000', {}],
  ['bytes 400-999/*', {}],
  ['bytes 400-599/1000', {}],
  ['bytes 400-999/1000', { etag: '"v1"' }],
])('the range %j with %o goes on', (range, more) => {
  expect(judge(206, { 'content-range': range, ...more }, { received: 400 }).verdict).toBe(
    'continue',
  )
})

test.each([
  ['bytes 0-999/1000', {}],
  ['bytes 401-999/1000', {}],
  ['bytes 400-1999/2000', {}],
  ['bytes 400-999/1000, bytes 0-1/1000', {}],
  ['megabytes', {}],
  ['bytes 400-999/1000', { etag: '"v2"' }],
  ['bytes 400-999/1000', { 'last-modified': 'Tue, 07 Jan 2025 10:00:00 GMT' }],
])('the range %j with %o is of another file: start again', (range, more) => {
  const { error, forgotten } = judge(206, { 'content-range': range, ...more }, { received: 400 })
  expect(error).toBeInstanceOf(TransientError)
  expect(forgotten).toBe(true)
})

test('a server that says another size when asked to go on has lied before', () => {
  const { error } = judge(416, { 'content-range': 'bytes */400' }, { received: 400 })
  expect(error).toMatchObject({
    outcome: { code: 'DOWNLOAD_SIZE', params: { received: 400, expected: 1000 } },
  })
})

test('a range that nobody asked for is refused', () => {
  const { error } = judge(206, { 'content-range': 'bytes 5-9/10' })
  expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED' })
})

test.each([401, 403, 404, 410, 204, 304, 300, 416])(
  'status %i is final and brings its hint',
  (status) => {
    const { error } = judge(status, {})
    expect(error).toMatchObject({
      code: 'DOWNLOAD_HTTP',
      params: { status, hint: `hint for ${status}` },
    })
  },
)

test('a busy server is asked again when it says', () => {
  const { error } = judge(429, { 'retry-after': '2' })
  expect(error).toMatchObject({ retryAfterMs: 2000, outcome: { code: 'DOWNLOAD_HTTP' } })
})

test('a login page is not a model', () => {
  const { error } = judge(200, { 'content-type': 'text/html; charset=utf-8' })
  expect(error).toMatchObject({ code: 'DOWNLOAD_HTTP', params: { hint: 'hint for page' } })
})

test('a compressed body is refused: its bytes are not the bytes of the file', () => {
  const { error } = judge(200, { 'content-encoding': 'gzip' })
  expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining('gzip') })
})

test('a size other than the expected one is refused before a byte is written', () => {
  const { error } = judge(200, { 'content-length': '7' }, { expectedSize: 8 })
  expect(error).toMatchObject({ code: 'DOWNLOAD_SIZE', params: { received: 7, expected: 8 } })
})
