import { ComfypinError } from '../../core/errors.ts'
import type { SpecDraft } from '../draft.ts'
import { draftOf } from './draft-parts.ts'
import { importers } from './formats.ts'
import { topOf, type Importer } from './importer.ts'
import { parseDocument } from './parse-document.ts'

export interface ForeignDraft extends SpecDraft {
  /** What the file was taken for. */
  readonly format: string
}

/**
 * What another tool's file tells of a version. Pure but for loading a parser: nothing is fetched or
 * looked up.
 * @param fileName names it in messages; its extension helps to choose the syntax
 * @throws IMPORT_UNREADABLE, IMPORT_UNKNOWN_FORMAT, IMPORT_INVALID
 */
export async function readForeign(text: string, fileName: string): Promise<ForeignDraft> {
  const document = await parseDocument(text, fileName)
  const importer = importerOf(document, fileName)
  return { format: importer.format, ...draftOf(importer.read(document, fileName)) }
}

/**
 * The format of a text, by its content.
 * @throws IMPORT_UNREADABLE, IMPORT_UNKNOWN_FORMAT
 */
export async function detectFormat(text: string, fileName: string): Promise<string> {
  return importerOf(await parseDocument(text, fileName), fileName).format
}

function importerOf(document: unknown, file: string): Importer {
  const top = topOf(document)
  const importer = importers.find((one) => one.recognizes(top))
  if (importer !== undefined) return importer
  const known = importers.map(({ format }) => format).join(', ')
  throw new ComfypinError('IMPORT_UNKNOWN_FORMAT', { file, known })
}
