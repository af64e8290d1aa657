/** Aliases are followed this often at most: a few lines of them can stand for gigabytes. */
const MAX_ALIASES = 100

/**
 * What a YAML text says. Numbers stay text, because `1.10` is a version and `1e10` a commit; only
 * `true`, `false` and `null` have a meaning of their own. Tags are not followed.
 * Throws what the parser throws, with line and column.
 */
export async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml')
  return parse(text, {
    schema: 'failsafe',
    customTags: (tags) => [...tags, 'null', 'bool'],
    maxAliasCount: MAX_ALIASES,
    logLevel: 'error',
  })
}
