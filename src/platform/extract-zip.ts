import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Entry, ZipFile } from 'yauzl'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { checkArchiveNames } from './archive-names.ts'
import { isDiskFailure } from './files.ts'
import { openZip } from './open-zip.ts'
import { factOf, type FileFact } from './tree-files.ts'

/** What an archive may hold, and how one that holds something else is refused. */
export interface ExtractRules {
  maxEntries: number
  /** Of all files together. */
  maxBytes: number
  /** How many times the archive's size that may be, unless it is little; null: any number. */
  maxRatio: number | null
  /** Mode of a file on disk, from the Unix mode that the archive gives it (0: none). */
  modeOf(mode: number): number
  refused(reason: string, cause?: unknown): ComfypinError
}

/** Below this no ratio does harm. */
const RATIO_FROM_BYTES = 32 * 1024 ** 2

const TYPE_MASK = 0o170000
const TYPE_FILE = 0o100000
const TYPE_FOLDER = 0o040000

/**
 * Unpack a zip of strangers into an empty folder. Everything that its directory says is judged before
 * the first byte is written: only plain files and folders with plain names, below limits of number,
 * size and ratio.
 * @returns every file with the hash of its content
 * @throws what `rules.refused` makes, INTERRUPTED, what the disk says
 */
export async function extractZip(
  ctx: Ctx,
  archive: string,
  dir: string,
  rules: ExtractRules,
): Promise<Record<string, FileFact>> {
  let zip: ZipFile | null = null
  try {
    zip = await openZip(archive)
    const entries = await readDirectory(zip, rules)
    const files: [string, FileFact][] = []
    for (const entry of entries.filter(isWanted)) {
      if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
      const path = join(dir, entry.fileName)
      mkdirSync(entry.fileName.endsWith('/') ? path : dirname(path), { recursive: true })
      if (entry.fileName.endsWith('/')) continue
      const mode = rules.modeOf(unixMode(entry))
      const sha256 = await writeEntry(await zip.openReadStreamPromise(entry), path, mode)
      files.push([entry.fileName, factOf(path, sha256)])
    }
    return Object.fromEntries(files)
  } catch (error) {
    if (error instanceof ComfypinError || isDiskFailure(error)) throw error
    throw rules.refused(reasonOf(error), error)
  } finally {
    zip?.close()
  }
}

async function readDirectory(zip: ZipFile, rules: ExtractRules): Promise<Entry[]> {
  const { maxEntries, maxBytes, maxRatio, refused } = rules
  if (zip.entryCount > maxEntries) throw refused(`it has more than ${maxEntries} entries`)
  const names = checkArchiveNames()
  const entries: Entry[] = []
  let bytes = 0
  for await (const entry of zip.eachEntry()) {
    const problem = names.add(entry.fileName) ?? problemOf(entry)
    if (problem !== null) throw refused(problem)
    bytes += entry.uncompressedSize
    if (bytes > maxBytes) throw refused('it is too large when unpacked')
    entries.push(entry)
  }
  if (maxRatio !== null && bytes > RATIO_FROM_BYTES && bytes > zip.fileSize * maxRatio)
    throw refused(`it grows to ${maxRatio} times its size`)
  if (entries.every(({ fileName }) => fileName.endsWith('/'))) throw refused('it is empty')
  return entries
}

function problemOf(entry: Entry): string | null {
  const { fileName } = entry
  const shown = JSON.stringify(fileName)
  const type = unixMode(entry) & TYPE_MASK
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

function unixMode({ externalFileAttributes }: Entry): number {
  return externalFileAttributes >>> 16
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
