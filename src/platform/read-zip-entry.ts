import { buffer } from 'node:stream/consumers'
import type { Entry, ZipFile } from 'yauzl'
import { openZip } from './open-zip.ts'

/**
 * One file of a zip archive, or null when it has none of that name. Nothing is unpacked to disk.
 * Throws what the parser throws about a broken archive, and for an entry that is larger than it may be.
 */
export async function readZipEntry(
  path: string,
  name: string,
  maxBytes: number,
): Promise<Buffer | null> {
  const zip = await openZip(path)
  try {
    const entry = await findEntry(zip, name)
    if (entry === null) return null
    if (entry.uncompressedSize > maxBytes) throw new Error(`${entry.fileName} is too large`)
    return await buffer(await zip.openReadStreamPromise(entry))
  } finally {
    zip.close()
  }
}

async function findEntry(zip: ZipFile, name: string): Promise<Entry | null> {
  for await (const entry of zip.eachEntry()) if (entry.fileName === name) return entry
  return null
}
