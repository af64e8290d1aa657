import { isNestedTooDeep } from './nesting.ts'

/** Aliases are followed this often at most: a few lines of them can stand for gigabytes. */
const MAX_ALIASES = 100
/** Manifests have kilobytes; the parser takes seconds for a hostile megabyte. */
const MAX_CHARACTERS = 2 ** 20

/**
 * What a YAML text says. Numbers stay text, because `1.10` is a version and `1e10` a commit; only
 * `true`, `false` and `null` have a meaning of their own. Tags are not followed.
 * Throws an error with the line for what is no YAML, and a RangeError for what no person wrote.
 */
export async function parseYaml(text: string): Promise<unknown> {
  if (text.length > MAX_CHARACTERS) throw new RangeError(`more than ${MAX_CHARACTERS} characters`)
  if (isNestedTooDeep(text, 'yaml')) throw new RangeError('it is nested too deeply')
  const { parse, YAMLParseError } = await import('yaml')
  try {
    return parse(text, {
      schema: 'failsafe',
      customTags: (tags) => [...tags, 'null', 'bool'],
      maxAliasCount: MAX_ALIASES,
      // Its check compares every key with every other; as in JSON, the last one counts.
      uniqueKeys: false,
      // They look for the line of each of their errors, which may be many.
      prettyErrors: false,
      logLevel: 'error',
    })
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    const line = text.slice(0, error.pos[0]).split('\n').length
    throw new SyntaxError(`line ${line}: ${error.message}`, { cause: error })
  }
}
