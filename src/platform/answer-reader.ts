import type { IncomingHttpHeaders } from 'node:http'
import { UrlError } from './url-error.ts'

const MAX_HEAD_BYTES = 65_536
const LINE_FEED = 0x0a

/** Status line and header of an answer; names in lower case. */
export interface AnswerHead {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

/** Takes bytes of a body, valid until it returns; false: it wants no more of them. */
export type BodySink = (chunk: Buffer) => boolean

export interface AnswerReader {
  /**
   * Read on. `done`: the answer is complete and its connection can carry another; `last`: complete,
   * but the connection is of no use any more; `refused`: the sink wants no more.
   * @throws UrlError for what is no HTTP/1.x
   */
  feed(chunk: Buffer): 'more' | 'done' | 'last' | 'refused'
  /** The server closed the connection: true when that is how this answer ends. */
  end(): boolean
}

/**
 * Incremental reader of one HTTP/1.x answer to a GET: head, then a body framed by a length, by
 * chunks, or by the end of the connection. `onHead` says where the body goes. Interim answers (1xx)
 * are skipped. Bytes are handed on without a copy.
 */
export function createAnswerReader(onHead: (head: AnswerHead) => BodySink): AnswerReader {
  let collected: Buffer = Buffer.alloc(0)
  let body: BodyReader | null = null
  let keepsAlive = true

  const readHead = (chunk: Buffer): Buffer | null => {
    collected = collected.length === 0 ? chunk : Buffer.concat([collected, chunk])
    const end = endOfHead(collected)
    if (end === -1) {
      if (collected.length > MAX_HEAD_BYTES) throw noHttp('a head without an end')
      collected = Buffer.from(collected) // the caller reuses its buffer
      return null
    }
    const { head, minor } = parseHead(collected.subarray(0, end).toString('latin1'))
    const rest = collected.subarray(end)
    collected = Buffer.alloc(0)
    if (head.status >= 100 && head.status < 200) return rest.length === 0 ? null : readHead(rest)
    keepsAlive = isKeptAlive(head, minor)
    body = bodyReader(head, onHead(head))
    if (body.frame === 'close') keepsAlive = false
    return rest
  }
  return {
    feed(chunk) {
      const rest = body === null ? readHead(chunk) : chunk
      if (rest === null || body === null) return 'more'
      const state = body.feed(rest)
      if (state !== 'done') return state === 'excess' ? 'last' : state
      return keepsAlive ? 'done' : 'last'
    },
    end: () => body?.frame === 'close',
  }
}

interface BodyReader {
  readonly frame: 'length' | 'chunked' | 'close'
  /** `excess`: whole, followed by bytes that nobody asked for. */
  feed(chunk: Buffer): 'more' | 'done' | 'excess' | 'refused'
}

function bodyReader(head: AnswerHead, sink: BodySink): BodyReader {
  const { status, headers } = head
  if (status === 204 || status === 304) return lengthReader(0, sink)
  const encoding = headers['transfer-encoding']?.toLowerCase().trim()
  if (encoding === 'chunked') return chunkedReader(sink)
  if (encoding !== undefined && encoding !== 'identity')
    throw noHttp(`transfer-encoding ${encoding}`)
  const length = headers['content-length']
  if (length === undefined)
    return { frame: 'close', feed: (chunk) => (pass(sink, chunk) ? 'more' : 'refused') }
  if (!/^\d{1,15}$/.test(length)) throw noHttp(`content-length ${length}`)
  return lengthReader(Number(length), sink)
}

function lengthReader(length: number, sink: BodySink): BodyReader {
  let left = length
  return {
    frame: 'length',
    feed(chunk) {
      const isExcess = chunk.length > left
      const taken = isExcess ? chunk.subarray(0, left) : chunk
      left -= taken.length
      if (!pass(sink, taken)) return 'refused'
      if (left > 0) return 'more'
      return isExcess ? 'excess' : 'done'
    },
  }
}

/** RFC 9112 §7.1; extensions and trailers are read over. */
function chunkedReader(sink: BodySink): BodyReader {
  let line = ''
  let left = 0
  let state: 'size' | 'data' | 'data-end' | 'trailer' = 'size'
  /** The rest of the line that began, without its end; null: it goes on in the next bytes. */
  const readLine = (chunk: Buffer, at: number): { text: string; next: number } | null => {
    const end = chunk.indexOf(LINE_FEED, at)
    line += chunk.toString('latin1', at, end === -1 ? chunk.length : end)
    if (line.length > MAX_HEAD_BYTES) throw noHttp('a chunk without a size')
    if (end === -1) return null
    const text = line.replace(/\r$/, '')
    line = ''
    return { text, next: end + 1 }
  }
  return {
    frame: 'chunked',
    feed(chunk) {
      for (let at = 0; at < chunk.length;) {
        if (state === 'data') {
          const data = chunk.subarray(at, at + left)
          at += data.length
          left -= data.length
          if (left === 0) state = 'data-end'
          if (!pass(sink, data)) return 'refused'
          continue
        }
        const read = readLine(chunk, at)
        if (read === null) break
        at = read.next
        if (state === 'trailer' && read.text === '') return at < chunk.length ? 'excess' : 'done'
        if (state === 'data-end' && read.text !== '') throw noHttp('a chunk longer than its size')
        if (state === 'size') {
          left = chunkSize(read.text)
          state = left === 0 ? 'trailer' : 'data'
        } else if (state === 'data-end') state = 'size'
      }
      return 'more'
    },
  }
}

function chunkSize(line: string): number {
  const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1]
  if (size === undefined) throw noHttp('a chunk without a size')
  return Number.parseInt(size, 16)
}

function pass(sink: BodySink, chunk: Buffer): boolean {
  return chunk.length === 0 || sink(chunk)
}

/** Where the body begins: behind the first empty line; -1: not here yet. */
function endOfHead(bytes: Buffer): number {
  const end = bytes.indexOf('\r\n\r\n')
  return end === -1 ? -1 : end + 4
}

function parseHead(text: string): { head: AnswerHead; minor: number } {
  const [first = '', ...lines] = text.split('\r\n').filter((line) => line !== '')
  const start = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first)
  if (start === null) throw noHttp('something that is no HTTP/1.1')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (field === null) throw noHttp('a broken header')
    const [, name = '', value = ''] = field
    addField(headers, name.toLowerCase(), value)
  }
  return { head: { status: Number(start[2]), headers }, minor: Number(start[1]) }
}

function addField(headers: Record<string, string>, name: string, value: string): void {
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined
  if (before === undefined)
    Object.defineProperty(headers, name, { value, enumerable: true, writable: true })
  else if (name === 'content-length' && before !== value) throw noHttp('two lengths')
  else if (!ONCE.includes(name)) headers[name] = `${before}, ${value}`
}

/** The first one counts, as in Node. */
const ONCE = ['content-length', 'content-type', 'etag', 'last-modified', 'location', 'retry-after']

function isKeptAlive({ headers }: AnswerHead, minor: number): boolean {
  const options = (headers.connection ?? '').toLowerCase().split(/[\s,]+/)
  return minor === 1 ? !options.includes('close') : options.includes('keep-alive')
}

function noHttp(what: string): UrlError {
  return new UrlError('EANSWER', `the server sent ${what}`)
}
