import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Entry, ZipFile } from 'yauzl'
import { openZip } from '../platform/open-zip.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { isDiskFailure } from '../platform/files.ts'
import { factOf, type FileFact } from '../platform/tree-files.ts'
import { checkArchiveNames } from './archive-names.ts'

/** Which archive is unpacked, for messages. */
export interface ArchiveName {
  id: string
  version: string
}

const MAX_ENTRIES = 50_000
const MAX_BYTES = 2 * 1024 ** 3
/** Text shrinks to a tenth, an empty file of a bomb to a thousandth. */
const MAX_RATIO = 100
/** Below this no ratio does harm. */
const RATIO_FROM_BYTES = 32 * 1024 ** 2

const TYPE_MASK = 0o170000
const TYPE_FILE = 0o100000
const TYPE_FOLDER = 0o040000

/**
 * Unpack a zip of strangers into an empty folder. Everything that its directory says is judged before
 * the first byte is written: only plain files and folders with plain names, below limits of number,
 * size and ratio. A file may be executable; other modes are ours.
 * @returns every file with the hash of its content
 * @throws ARCHIVE_REFUSED, INTERRUPTED, what the disk says
 */
export async function extractArchive(
  ctx: Ctx,
  archive: string,
  dir: string,
  name: ArchiveName,
): Promise<Record<string, FileFact>> {
  let zip: ZipFile | null = null
  try {
    zip = await openZip(archive)
    const entries = await readDirectory(zip, name)
    const files: [string, FileFact][] = []
    for (const entry of entries.filter(isWanted)) {
      if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
      const path = join(dir, entry.fileName)
      mkdirSync(entry.fileName.endsWith('/') ? path : dirname(path), { recursive: true })
      if (entry.fileName.endsWith('/')) continue
      const sha256 = await writeEntry(await zip.openReadStreamPromise(entry), path, modeOf(entry))
      files.push([entry.fileName, factOf(path, sha256)])
    }
    return Object.fromEntries(files)
  } catch (error) {
    if (error instanceof ComfypinError || isDiskFailure(error)) throw error
    throw refused(name, reasonOf(error), error)
  } finally {
    zip?.close()
  }
}

async function readDirectory(zip: ZipFile, name: ArchiveName): Promise<Entry[]> {
  if (zip.entryCount > MAX_ENTRIES) throw refused(name, `it has more than ${MAX_ENTRIES} entries`)
  const names = checkArchiveNames()
  const entries: Entry[] = []
  let bytes = 0
  for await (const entry of zip.eachEntry()) {
    const problem = names.add(entry.fileName) ?? problemOf(entry)
    if (problem !== null) throw refused(name, problem)
    bytes += entry.uncompressedSize
    if (bytes > MAX_BYTES) throw refused(name, 'it is too large when unpacked')
    entries.push(entry)
  }
  if (bytes > RATIO_FROM_BYTES && bytes > zip.fileSize * MAX_RATIO)
    throw refused(name, `it grows to ${MAX_RATIO} times its size`)
  if (entries.every(({ fileName }) => fileName.endsWith('/'))) throw refused(name, 'it is empty')
  return entries
}

function problemOf(entry: Entry): string | null {
  const { fileName } = entry
  const shown = JSON.stringify(fileName)
  const type = (entry.externalFileAttributes >>> 16) & TYPE_MASK
  if (![0, fileName.endsWith('/') ? TYPE_FOLDER : TYPE_FILE].includes(type))
    return `${shown} is no plain file or folder`
  if (entry.isEncrypted()) return `${shown} is encrypted`
  if (!entry.canDecodeFileData()) return `${shown} is packed in an unknown way`
  if (fileName.endsWith('/') && entry.uncompressedSize > 0)
    return `${shown} is a folder with content`
  return null
}

/** Bytecode of others may differ from the source beside it, and ours goes to the same place. */
function isWanted({ fileName }: Entry): boolean {
  return !/(^|\/)__pycache__\//.test(fileName)
}

function modeOf(entry: Entry): number {
  return ((entry.externalFileAttributes >>> 16) & 0o111) === 0 ? 0o644 : 0o755
}

async function writeEntry(content: Readable, path: string, mode: number): Promise<string> {
  const hash = createHash('sha256')
  const fd = openSync(path, 'wx', mode)
  try {
    for await (const bytes of content as AsyncIterable<Buffer>) {
      hash.update(bytes)
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
    }
  } finally {
    closeSync(fd)
  }
  return hash.digest('hex')
}

function refused({ id, version }: ArchiveName, reason: string, cause?: unknown): ComfypinError {
  return new ComfypinError('ARCHIVE_REFUSED', { id, version, reason }, { cause })
}
