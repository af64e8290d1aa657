/** A row cannot be measured on this machine: it is skipped, with the reason. */
export class Missing extends Error {
  name = 'Missing'
}

/**
 * For what a row cannot do without: a program of `peers`, or an entrant that others are compared with.
 * @throws Missing
 */
export function requireHere({ unavailable = null }) {
  if (unavailable !== null) throw new Missing(unavailable)
}
