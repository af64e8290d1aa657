import type { Lock } from './types.ts'

/** The lock's text: keys sorted at every level, two spaces, one final newline; no timestamps (R31). */
export function lockText(lock: Lock): string {
  return `${JSON.stringify(sortKeys(lock), null, 2)}\n`
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]))
}
