import type * as z from 'zod'
import { readTextIfExists } from './files.ts'

/** What a JSON file of our own holds; null when it is absent, damaged or of another version. */
export function readJson<S extends z.ZodType>(path: string, schema: S): z.output<S> | null {
  const text = readTextIfExists(path)
  return text === null ? null : parseJson(text, schema)
}

/** A text from outside as a schema reads it; null when it is something else. */
export function parseJson<S extends z.ZodType>(text: string, schema: S): z.output<S> | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
