import * as z from 'zod'
import { writeAtomic } from '../platform/files.ts'
import { readJson } from '../platform/read-json.ts'

const journalSchema = z.object({
  /** Where the bytes come from, without credentials. */
  url: z.string(),
  /** Size of the whole file; null when the server did not say. */
  size: z.int().nonnegative().nullable(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
})

/** What is known about the bytes in `<target>.part`; kept beside it as `<target>.part.json`. */
export type Journal = Readonly<z.infer<typeof journalSchema>>

export function readJournal(path: string): Journal | null {
  return readJson(path, journalSchema)
}

/** @throws DISK_WRITE */
export function writeJournal(path: string, journal: Journal): void {
  writeAtomic(path, `${JSON.stringify(journal)}\n`)
}

/**
 * The value of `If-Range` that makes a server send the rest only of the very same file, or null when
 * it gave nothing to recognize the file by. A weak ETag does not promise equal bytes (RFC 9110 13.1.5).
 */
export function validatorOf(journal: Journal): string | null {
  if (journal.etag !== null && !journal.etag.startsWith('W/')) return journal.etag
  return journal.lastModified
}
