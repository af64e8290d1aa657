import { createHash } from 'node:crypto'
import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import * as z from 'zod'
import { asDiskWrite, readTextIfExists, statIfExists } from '../platform/files.ts'
import { parseJson } from '../platform/read-json.ts'
import { areSound, type Range } from './ranges.ts'

const rangesSchema = z.array(z.tuple([z.int(), z.int()]))

const journalSchema = z.object({
  /** Where the bytes come from, without credentials. */
  url: z.string(),
  /** Size of the whole file; null when the server did not say. */
  size: z.int().nonnegative().nullable(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  /** What was written before the journal was: true until the machine restarts. */
  written: rangesSchema.default([]),
  /** What was on the disk before the journal was written: true for ever. */
  durable: rangesSchema.default([]),
  /** The run of the machine that `written` is about. */
  boot: z.string().nullable().default(null),
  /** Inode of the file, once it was whole and about to get its real name. */
  landed: z.number().nullable().default(null),
})

/** What is known about the bytes in `<target>.part`; kept beside it as `<target>.part.json`. */
export type Journal = Readonly<z.infer<typeof journalSchema>>

/** What makes a file the same file, as its server tells it. */
export type Identity = Pick<Journal, 'url' | 'size' | 'etag' | 'lastModified'>

/** Null for none, and for what is no journal. One of before there were ranges has none. */
export function readJournal(path: string): Journal | null {
  const [json = '', sum] = (readTextIfExists(path) ?? '').split('\n')
  if (sum !== undefined && sum !== '' && sum !== sumOf(json)) return null
  return parseJson(json, journalSchema)
}

/**
 * Ranges of the part that hold what they should. Data that only the page cache had is lost when the
 * machine stops, whatever a journal says that happened to reach the disk first.
 */
export function trustedRanges({ size, written, durable, boot }: Journal, now: string | null) {
  const ranges: readonly Range[] = boot !== null && boot === now ? written : durable
  return size !== null && areSound(ranges, size) ? ranges : []
}

/**
 * Write the journal anew. It may reach the disk at any time, or never: see `trustedRanges`. While it
 * fits into its first block it is written over in place, which needs no room on a full disk; a block
 * of which only a part reached the disk is told by its sum.
 * @throws DISK_WRITE
 */
export function writeJournal(path: string, journal: Journal): void {
  const json = JSON.stringify(journal)
  const text = `${json}\n${sumOf(json)}\n`.padEnd(BLOCK_BYTES)
  asDiskWrite(path, () => {
    if (text.length === BLOCK_BYTES && statIfExists(path)?.size === BLOCK_BYTES)
      return writeOver(path, text)
    const staged = `${path}.tmp`
    try {
      writeFileSync(staged, text)
      renameSync(staged, path)
    } catch (error) {
      rmSync(staged, { force: true })
      throw error
    }
  })
}

/** Written by one system call: a killed process leaves the old block or the new one. */
const BLOCK_BYTES = 4096

function writeOver(path: string, text: string): void {
  const fd = openSync(path, 'r+')
  try {
    writeSync(fd, text, 0)
  } finally {
    closeSync(fd)
  }
}

function sumOf(json: string): string {
  return createHash('md5').update(json).digest('hex')
}

/**
 * The value of `If-Range` that makes a server send the rest only of the very same file, or null when
 * it gave nothing to recognize the file by. A weak ETag does not promise equal bytes (RFC 9110 13.1.5).
 */
export function validatorOf(identity: Identity): string | null {
  if (identity.etag !== null && !identity.etag.startsWith('W/')) return identity.etag
  return identity.lastModified
}
