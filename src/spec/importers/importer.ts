import * as z from 'zod'
import { ComfypinError } from '../../core/errors.ts'
import type { DraftPart } from './draft-parts.ts'

/** One foreign format: how to know it, and what its documents give. */
export interface Importer {
  /** Name in messages and answers. */
  format: string
  /** A quick look at the top level; formats are asked in the order of their table. */
  recognizes(document: Top): boolean
  /** @throws IMPORT_INVALID */
  read(document: unknown, fileName: string): DraftPart
}

/** The top level of a document: an object by key, or a list. */
export interface Top {
  get(key: string): unknown
  has(key: string): boolean
  list: readonly unknown[] | null
  /** Of an object. */
  values: readonly unknown[]
}

export function topOf(document: unknown): Top {
  const list = Array.isArray(document) ? document : null
  const isObject = typeof document === 'object' && document !== null && list === null
  const values = new Map<string, unknown>(isObject ? Object.entries(document) : [])
  return {
    list,
    values: [...values.values()],
    get: (key) => values.get(key),
    has: (key) => values.has(key),
  }
}

/** An importer from a schema and a pure function. */
export function defineImporter<S extends z.ZodType>(importer: {
  format: string
  schema: S
  recognizes(document: Top): boolean
  convert(document: z.output<S>): DraftPart
}): Importer {
  const { format, schema, recognizes, convert } = importer
  return {
    format,
    recognizes,
    read: (document, fileName) => convert(parseAs(schema, document, format, fileName)),
  }
}

function parseAs<S extends z.ZodType>(
  schema: S,
  document: unknown,
  format: string,
  file: string,
): z.output<S> {
  const result = schema.safeParse(document)
  if (result.success) return result.data
  const problems = result.error.issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => `${z.core.toDotPath(path) || 'top level'}: ${message}`)
    .join('; ')
  throw new ComfypinError('IMPORT_INVALID', { file, format, problems })
}

const MAX_PROBLEMS = 5
