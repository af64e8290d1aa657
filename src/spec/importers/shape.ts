import * as z from 'zod'
import { redact } from '../../core/redact.ts'
import type { DraftNote } from '../draft.ts'

/** A text; YAML and careless writers give numbers where a version is meant. */
export const text = z.union([z.string(), z.number().transform(String)])

/** A yes or no; absent counts as no. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')])
  .nullish()
  .transform((value) => value === true)

/** A number of bytes; YAML gives it as text. */
export const size = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).nullish()

/** A 40-hex commit, else null: what is written there otherwise says nothing. */
export const fullCommit = z
  .string()
  .nullish()
  .transform((value) => (/^[0-9a-f]{40}$/i.test(value ?? '') ? (value ?? '').toLowerCase() : null))

/** Entries in order; a key such as `__proto__` is data like any other. */
export function entriesOf<T>(
  record: Readonly<Record<string, T>> | null | undefined,
): [string, T][] {
  return Object.entries(record ?? {})
}

/**
 * Notes about the keys of an object that its importer does not use.
 * @param used keys that become something
 * @param known keys that are understood and have no place in a spec
 */
export function leftOver(
  value: object,
  place: string,
  used: readonly string[],
  known: readonly string[] = [],
): DraftNote[] {
  return Object.entries(value)
    .filter(([key, inner]) => !used.includes(key) && !isEmpty(inner))
    .map(([key, inner]) => ({
      code: known.includes(key) ? 'NO_PLACE' : 'KEY_UNKNOWN',
      subject: place === '' ? key : `${place}.${key}`,
      detail: describe(inner),
    }))
}

/** A value in a note: short, on one line. */
export function describe(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return shorten(value.join(', '))
  return shorten(typeof value === 'string' ? value : (JSON.stringify(value) ?? '-'))
}

const MAX_DETAIL = 300

function shorten(value: string): string {
  // Redacted before it is cut: a cut login is not known as one.
  const clean = redact(value.slice(0, 10 * MAX_DETAIL))
  return clean.length > MAX_DETAIL ? `${clean.slice(0, MAX_DETAIL - 1)}…` : clean
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
