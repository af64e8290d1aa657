import { expect, test } from 'vitest'
import { ChangedFile, judgeAnswer } from './judge-answer.ts'
import type { Identity } from './journal.ts'
import type { TransferRequest } from './types.ts'

const identity: Identity = {
  url: 'https://a.org/m.pt',
  size: 1000,
  etag: '"v1"',
  lastModified: 'Mon, 06 Jan 2025 10:00:00 GMT',
}

function judge(
  status: number,
  headers: Record<string, string>,
  { from = null as number | null, expectedSize = null as number | null } = {},
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
  const question = { from, identity: from === null ? null : identity }
  try {
    return { verdict: judgeAnswer({ status, headers }, request, question, 0), error: null }
  } catch (error) {
    return { verdict: null, error }
  }
}

test('a whole answer begins a new part with the validators of the server', () => {
  const { verdict } = judge(200, { 'content-length': '7', etag: '"x"' })
  expect(verdict).toEqual({
    kind: 'whole',
    identity: { url: 'https://a.org/m.pt', size: 7, etag: '"x"', lastModified: null },
    ranges: 'maybe',
  })
})

test.each([
  ['bytes', 'yes'],
  ['none', 'no'],
  ['pages', 'maybe'],
])('accept-ranges %j means %s', (value, ranges) => {
  expect(judge(200, { 'accept-ranges': value }).verdict).toMatchObject({ ranges })
})

test('a length beside chunks says nothing', () => {
  const headers = { 'content-length': '7', 'transfer-encoding': 'chunked' }
  expect(judge(200, headers).verdict).toMatchObject({ identity: { size: null } })
})

test.each([
  ['bytes 400-999/1000', {}],
  ['bytes 400-999/*', {}],
  ['bytes 400-599/1000', {}],
  ['bytes 400-999/1000', { etag: '"v1"' }],
])('the range %j with %o goes on', (range, more) => {
  const { verdict } = judge(206, { 'content-range': range, ...more }, { from: 400 })
  expect(verdict).toEqual({ kind: 'part', end: range.includes('599') ? 600 : 1000 })
})

test.each([
  ['bytes 0-999/1000', {}],
  ['bytes 401-999/1000', {}],
  ['bytes 400-1999/2000', {}],
  ['bytes 400-1000/*', {}],
  ['bytes 400-399/1000', {}],
  ['bytes 400-999999999999999999/1000', {}],
  ['bytes 400-999/1000, bytes 0-1/1000', {}],
  ['megabytes', {}],
  ['bytes 400-999/1000', { etag: '"v2"' }],
  ['bytes 400-999/1000', { 'last-modified': 'Tue, 07 Jan 2025 10:00:00 GMT' }],
])('the range %j with %o is of another file: start again', (range, more) => {
  const { error } = judge(206, { 'content-range': range, ...more }, { from: 400 })
  expect(error).toBeInstanceOf(ChangedFile)
})

test('a server that says another size when asked to go on has lied before', () => {
  const { error } = judge(416, { 'content-range': 'bytes */400' }, { from: 400 })
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
