/** A variable that a value names and nobody has set. */
export interface UnsetVariable {
  /** In the spec's `env`. */
  readonly key: string
  readonly name: string
}

/**
 * The spec's `env` with `${VAR}` filled in, from the environment and from the entries before it (R12).
 * What is not set becomes empty, as in a shell.
 */
export function expandEnv(
  env: Readonly<Record<string, string>>,
  outer: Readonly<Record<string, string>>,
): { values: Record<string, string>; unset: UnsetVariable[] } {
  const known = new Map(Object.entries(outer))
  const unset: UnsetVariable[] = []
  const values = Object.entries(env).map(([key, value]): [string, string] => {
    const text = value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const found = known.get(name)
      if (found === undefined && !unset.some((one) => one.key === key && one.name === name))
        unset.push({ key, name })
      return found ?? ''
    })
    known.set(key, text)
    return [key, text]
  })
  return { values: Object.fromEntries(values), unset }
}
