import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { ComfypinError, reasonOf } from '../../core/errors.ts'
import { isZip } from '../../platform/is-zip.ts'
import { readZipEntry } from '../../platform/read-zip-entry.ts'
import { MAX_IMPORT_BYTES } from '../../spec/importers/parse-document.ts'
import { readForeign, type ForeignDraft } from '../../spec/importers/read-foreign.ts'
import { statIfExists } from '../../platform/files.ts'
import { expandCommits } from './expand-commits.ts'

/**
 * What another tool's file tells of a version; of a comfy-pack archive, its `snapshot.json`.
 * Abbreviated commits are completed by asking their repositories, unless offline.
 * @throws IMPORT_UNREADABLE, IMPORT_UNKNOWN_FORMAT, IMPORT_INVALID, GIT_MISSING, INTERRUPTED
 */
export async function draftFromFile(ctx: Ctx, path: string): Promise<ForeignDraft> {
  const file = resolve(path)
  const { text, name } = await readText(file)
  const draft = await readForeign(text, name)
  return ctx.settings.offline === true ? draft : expandCommits(ctx, draft)
}

async function readText(file: string): Promise<{ text: string; name: string }> {
  const stats = statIfExists(file)
  if (stats === null || !stats.isFile()) throw unreadable(file, 'no file')
  if (!isZip(file)) {
    if (stats.size > MAX_IMPORT_BYTES) throw unreadable(file, `${stats.size} bytes`)
    return { text: readFileSync(file, 'utf8'), name: basename(file) }
  }
  try {
    const entry = await readZipEntry(file, ENTRY, MAX_IMPORT_BYTES)
    if (entry !== null) return { text: entry.toString('utf8'), name: `${basename(file)}/${ENTRY}` }
  } catch (error) {
    throw unreadable(file, reasonOf(error), error)
  }
  throw unreadable(file, `no ${ENTRY} in it`)
}

const ENTRY = 'snapshot.json'

function unreadable(file: string, reason: string, cause?: unknown): ComfypinError {
  return new ComfypinError('IMPORT_UNREADABLE', { file, reason }, { cause })
}
