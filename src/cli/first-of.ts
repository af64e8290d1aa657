/** A snapshot of an install has a hundred packages, and nobody reads them all; `--json` has every one. */
const SHOWN = 10

/** A list for people: its beginning, and how many more there are. */
export function firstOf(items: readonly string[], separator = ', '): string {
  const rest = items.length - SHOWN
  return [...items.slice(0, SHOWN), ...(rest > 0 ? [`… (+${rest})`] : [])].join(separator)
}
