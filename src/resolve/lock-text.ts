import type { Lock, LockPack } from './types.ts'

/** The lock's text: keys sorted at every level, two spaces, one final newline; no timestamps (R31). */
export function lockText(lock: Lock): string {
  const custom_nodes = lock.custom_nodes.map(withoutAbsent)
  return `${JSON.stringify(sortKeys({ ...lock, custom_nodes }), null, 2)}\n`
}

/** Keys that came later are written where they say something: the bytes of older locks stay. */
function withoutAbsent({ subdir, registry, ...pack }: LockPack): Partial<LockPack> {
  return {
    ...pack,
    ...(subdir === null ? {} : { subdir }),
    ...(registry === null ? {} : { registry }),
  }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]))
}
