import type { IncomingHttpHeaders } from 'node:http'
import { extname } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { isRetryStatus, retryAfterMs, TransientError } from '../platform/retry.ts'
import type { Identity } from './journal.ts'
import type { TransferRequest } from './types.ts'

/** What was asked for, and what is known already of the file. */
export interface Question {
  /** First byte of the range that was asked for; null: the whole file. */
  readonly from: number | null
  readonly identity: Identity | null
}

/** A body with the whole file, or with the bytes from the one that was asked for up to `end`. */
export type Verdict =
  | { readonly kind: 'whole'; readonly identity: Identity; readonly ranges: 'yes' | 'no' | 'maybe' }
  | { readonly kind: 'part'; readonly end: number }

/** The file is not the one whose bytes we have: all of them are worthless. */
export class ChangedFile extends TransientError {}

/**
 * What an answer holds. Everything a server can say wrongly is caught here, before a byte is written.
 * @param now milliseconds since the epoch
 * @throws TransientError, ChangedFile, DOWNLOAD_HTTP, DOWNLOAD_FAILED, DOWNLOAD_SIZE
 */
export function judgeAnswer(
  { status, headers }: { status: number; headers: IncomingHttpHeaders },
  request: TransferRequest,
  question: Question,
  now: number,
): Verdict {
  if (isRetryStatus(status))
    throw new TransientError(
      refusal(request, status, request.describe(status)),
      `status ${status}`,
      retryAfterMs(headers, now),
    )
  const { from, identity } = question
  if (status === 416 && from !== null) throw changed(request, identity, rangeTotal(headers))
  if (status !== 200 && status !== 206) throw refusal(request, status, request.describe(status))
  requireFile(headers, request)
  return status === 206
    ? judgeRange(headers, request, question)
    : judgeWhole(headers, request, identity)
}

/** True when two answers are about the same bytes, as far as their server tells. */
export function isSameFile(one: Identity, other: Identity): boolean {
  return (
    one.size === other.size &&
    isSameValidator(one.etag, other.etag) &&
    isSameValidator(one.lastModified, other.lastModified)
  )
}

/** The file is not the one whose beginning we have: drop it and ask again for all of it. */
export function changed(
  request: TransferRequest,
  before: Identity | null,
  total: number | null,
): ChangedFile {
  const expected = before?.size ?? null
  const reason = 'the file changed on the server'
  const outcome =
    total !== null && expected !== null && total !== expected
      ? new ComfypinError('DOWNLOAD_SIZE', { source: request.source, received: total, expected })
      : failure(request, reason)
  return new ChangedFile(outcome, reason)
}

function judgeWhole(
  headers: IncomingHttpHeaders,
  request: TransferRequest,
  before: Identity | null,
): Verdict {
  const isFramed = headers['transfer-encoding'] === undefined
  const length = isFramed ? headers['content-length'] : undefined
  const size = length === undefined ? null : Number(length)
  requireExpectedSize(request, size)
  const accepted = headers['accept-ranges']?.toLowerCase()
  return {
    kind: 'whole',
    // The journal knows the file by the address that it was first asked for at.
    identity: {
      url: before?.url ?? redact(request.url),
      size,
      etag: headers.etag ?? null,
      lastModified: headers['last-modified'] ?? null,
    },
    ranges: accepted === 'none' ? 'no' : accepted === 'bytes' ? 'yes' : 'maybe',
  }
}

function judgeRange(
  headers: IncomingHttpHeaders,
  request: TransferRequest,
  { from, identity }: Question,
): Verdict {
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers['content-range'] ?? '')
  if (from === null || identity === null)
    throw failure(request, 'the server sent a part of the file though nobody asked for one')
  const total = range?.[3] === undefined || range[3] === '*' ? null : Number(range[3])
  const last = Number(range?.[2])
  const isSame =
    range !== null &&
    Number(range[1]) === from &&
    last >= from &&
    (total === null || identity.size === null || total === identity.size) &&
    (identity.size === null || last < identity.size) &&
    isSameValidator(headers.etag ?? null, identity.etag) &&
    isSameValidator(headers['last-modified'] ?? null, identity.lastModified)
  if (!isSame) throw changed(request, identity, total)
  return { kind: 'part', end: last + 1 }
}

/** A server that forgets a header proves nothing; one that says something else does. */
function isSameValidator(now: string | null, before: string | null): boolean {
  return now === null || before === null || now === before
}

function rangeTotal(headers: IncomingHttpHeaders): number | null {
  const total = /^bytes \*\/(\d{1,15})$/.exec(headers['content-range'] ?? '')?.[1]
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
