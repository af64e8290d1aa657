/** One subject with two values; null: it is not there at all. */
export interface Difference {
  subject: string
  from: string | null
  to: string | null
}

/** What differs between two inventories, in the order of the first; new subjects come last. */
export function differencesOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((subject) => ({
      subject,
      from: before.get(subject) ?? null,
      to: after.get(subject) ?? null,
    }))
    .filter(({ from, to }) => from !== to)
}
