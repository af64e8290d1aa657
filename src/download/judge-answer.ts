import type { IncomingHttpHeaders } from 'node:http'
import { extname } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { isRetryStatus, retryAfterMs, TransientError } from '../platform/retry.ts'
import type { Journal } from './journal.ts'
import type { TransferRequest } from './types.ts'

/** What is there already; `forget` is called when the server says that it is of another file. */
interface Received {
  readonly received: number
  readonly journal: Journal | null
  forget(): void
}

/**
 * What to do with an answer: go on at the end of the part, or begin a new part for the returned
 * journal. Everything a server can say wrongly is caught here, before a byte is written.
 * @param now milliseconds since the epoch
 * @throws TransientError, DOWNLOAD_HTTP, DOWNLOAD_FAILED, DOWNLOAD_SIZE
 */
export function judgeAnswer(
  { status, headers }: { status: number; headers: IncomingHttpHeaders },
  request: TransferRequest,
  part: Received,
  now: number,
): Journal | 'continue' {
  if (isRetryStatus(status))
    throw new TransientError(
      refusal(request, status, request.describe(status)),
      `status ${status}`,
      retryAfterMs(headers, now),
    )
  if (status === 416 && part.received > 0) throw changed(request, part, rangeTotal(headers))
  if (status !== 200 && status !== 206) throw refusal(request, status, request.describe(status))
  requireFile(headers, request)
  return status === 206 ? judgeRange(headers, request, part) : judgeWhole(headers, request)
}

function judgeWhole(headers: IncomingHttpHeaders, request: TransferRequest): Journal {
  const length = headers['content-length']
  const size = length === undefined ? null : Number(length)
  requireExpectedSize(request, size)
  return {
    url: redact(request.url),
    size,
    etag: headers.etag ?? null,
    lastModified: headers['last-modified'] ?? null,
  }
}

function judgeRange(
  headers: IncomingHttpHeaders,
  request: TransferRequest,
  part: Received,
): 'continue' {
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  const { received, journal } = part
  if (received === 0 || journal === null)
    throw failure(request, 'the server sent a part of the file though nobody asked for one')
  const total = range?.[3] === undefined || range[3] === '*' ? null : Number(range[3])
  const isSame =
    range !== null &&
    Number(range[1]) === received &&
    (total === null || journal.size === null || total === journal.size) &&
    isSameValidator(headers.etag, journal.etag) &&
    isSameValidator(headers['last-modified'], journal.lastModified)
  if (!isSame) throw changed(request, part, total)
  return 'continue'
}

/** A server that forgets a header proves nothing; one that says something else does. */
function isSameValidator(now: string | undefined, before: string | null): boolean {
  return now === undefined || before === null || now === before
}

/** The file is not the one whose beginning we have: drop it and ask again for all of it. */
function changed(request: TransferRequest, part: Received, total: number | null): TransientError {
  const expected = part.journal?.size ?? null
  const reason = 'the file changed on the server'
  const outcome =
    total !== null && expected !== null && total !== expected
      ? new ComfypinError('DOWNLOAD_SIZE', { source: request.source, received: total, expected })
      : failure(request, reason)
  part.forget()
  return new TransientError(outcome, reason)
}

function rangeTotal(headers: IncomingHttpHeaders): number | null {
  const total = /^bytes \*\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1]
  return total === undefined ? null : Number(total)
}

/** Login pages and compressed bodies arrive with status 200 too. */
function requireFile(headers: IncomingHttpHeaders, request: TransferRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity')
    throw failure(request, `the server insists on content-encoding ${encoding}`)
  const isPage = /^text\/html\b/i.test(headers['content-type'] ?? '')
  if (isPage && !/^\.html?$/i.test(extname(request.target)))
    throw refusal(request, '200 with a web page instead of a file', request.describe('page'))
}

function requireExpectedSize({ source, expectedSize }: TransferRequest, size: number | null): void {
  if (size !== null && expectedSize !== null && size !== expectedSize)
    throw new ComfypinError('DOWNLOAD_SIZE', { source, received: size, expected: expectedSize })
}

function refusal({ source }: TransferRequest, status: number | string, hint: string) {
  return new ComfypinError('DOWNLOAD_HTTP', { source, status, hint })
}

function failure({ source }: TransferRequest, reason: string) {
  return new ComfypinError('DOWNLOAD_FAILED', { source, reason, received: '0 B' })
}
