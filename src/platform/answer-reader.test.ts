import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAnswerReader, type AnswerHead } from './answer-reader.ts'

/** Feed an answer in pieces of so many bytes; each piece is wiped after use, as a reader may do. */
function read(text: string, pieceSize = 7, wanted = Number.POSITIVE_INFINITY) {
  const got = { head: null as AnswerHead | null, body: '', state: 'more' }
  const reader = createAnswerReader((head) => {
    got.head = head
    return (chunk) => {
      got.body += chunk.toString('latin1')
      return got.body.length < wanted
    }
  })
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length && got.state === 'more'; at += pieceSize) {
    const piece = Buffer.from(bytes.subarray(at, at + pieceSize))
    got.state = reader.feed(piece)
    piece.fill(0)
  }
  return { ...got, isEnd: reader.end() }
}

const head = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n')

test('a body with a length ends with it', () => {
  const { head: got, body, state } = read(`${head('Content-Length: 5', 'ETag:  "a" ')}hello`)
  expect(got).toEqual({ status: 200, headers: { 'content-length': '5', etag: '"a"' } })
  expect([body, state]).toEqual(['hello', 'done'])
})

test.each([
  ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na', 'last'],
  ['HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', 'last'],
  ['HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\na', 'done'],
  ['HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na', 'done'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab', 'last'],
  ['HTTP/1.1 204 No Content\r\n\r\n', 'done'],
  ['HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 'done'],
  ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'done'],
])('after %j the connection is %s', (text, expected) => {
  expect(read(text, 1000).state).toBe(expected)
  expect(read(text, Math.ceil(text.length / 2)).state).toBe(expected)
})

test('without a length the end of the connection is the end of the body', () => {
  expect(read(`${head()}hello`)).toMatchObject({ body: 'hello', state: 'more', isEnd: true })
  expect(read(`${head('Content-Length: 9')}hello`)).toMatchObject({ state: 'more', isEnd: false })
  expect(read(`${head('Transfer-Encoding: chunked')}5\r\nhello\r\n`).isEnd).toBe(false)
  expect(read('HTTP/1.1 200 O').isEnd).toBe(false)
})

test('chunks are joined, their extensions and trailers read over', () => {
  const text = `${head('Transfer-Encoding: chunked')}3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n`
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (pieceSize) => {
      expect(read(text, pieceSize)).toMatchObject({ body: 'abc0123456789', state: 'done' })
    }),
  )
})

test('a sink that has enough ends the answer', () => {
  expect(read(`${head('Content-Length: 50')}${'x'.repeat(50)}`, 7, 10).state).toBe('refused')
  expect(read(`${head('Transfer-Encoding: chunked')}32\r\n${'x'.repeat(50)}`, 7, 10).state).toBe(
    'refused',
  )
})

describe('what is no HTTP is refused', () => {
  test.each([
    'SSH-2.0-OpenSSH_9\r\n\r\n',
    'HTTP/2 200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    head(' folded: x'),
    head('no colon'),
    head('Content-Length: -1'),
    head('Content-Length: 1e3'),
    head('Content-Length: 1', 'Content-Length: 2'),
    head('Transfer-Encoding: gzip, chunked'),
    `${head('Transfer-Encoding: chunked')}x\r\n`,
    `${head('Transfer-Encoding: chunked')}1\r\nabc\r\n`,
    `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100_000)}`,
  ])('%.60j', (text) => {
    expect(() => read(text, 1000)).toThrow(expect.objectContaining({ code: 'EANSWER' }))
  })

  test('random bytes never hang or crash it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          read(text, 3)
        } catch (error) {
          expect(error).toMatchObject({ code: 'EANSWER' })
        }
      }),
    )
  })
})

test('a header named like a part of every object is only a header', () => {
  const { head: got } = read(head('__proto__: x', 'constructor: y', 'Content-Length: 0'))
  expect(Object.keys(got?.headers ?? {})).toEqual(['__proto__', 'constructor', 'content-length'])
})
