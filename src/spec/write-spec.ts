import type { RawEntry } from './parse-pack-argument.ts'

/** Keys of a spec in the order in which people read them. */
const ORDER = [
  '$schema',
  'schema_version',
  'version_id',
  'comfy',
  'custom_nodes',
  'models',
  'python_packages',
  'python_overrides',
  'python_twins',
  'env',
  'options',
]

/** Text of a new spec: keys in their usual order, empty parts left out (R20), two spaces. */
export function specText(spec: RawEntry): string {
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length)
  const entries = Object.entries(spec)
    .filter(([, value]) => !isEmpty(value))
    .toSorted(([a], [b]) => rank(a) - rank(b))
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
