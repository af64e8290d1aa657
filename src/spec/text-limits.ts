/** Levels of brackets, of `- - -` on one line, and blanks before a line: real files have a dozen. */
const MAX_DEPTH = 100
const MAX_INDENT = 400
/** Comparing the keys of one mapping with each other takes seconds from here on. */
const MAX_YAML_CHARACTERS = 256 * 1024

/**
 * Why a text of the user's should not be given to a parser at all: what nests ten thousand levels
 * deep ends the whole process in YAML's, and overflows the stack of whoever walks the data of JSON's.
 * Brackets inside of texts count too; that many never close by accident.
 * @returns text of what was expected; null when it may be parsed
 */
export function limitOf(text: string, format: 'json' | 'yaml'): string | null {
  if (bracketDepth(text) > MAX_DEPTH) return `at most ${MAX_DEPTH} levels of lists and objects`
  if (format === 'json') return null
  if (text.length > MAX_YAML_CHARACTERS) return 'a YAML file of at most 256 KiB; JSON may be larger'
  const isDeep = INLINE.test(text) || INDENTED.test(text)
  return isDeep ? `at most ${MAX_DEPTH} levels of lists and objects` : null
}

const INLINE = new RegExp(`(?:[-?:][ \\t]+){${MAX_DEPTH}}`)
const INDENTED = new RegExp(`^[ \\t]{${MAX_INDENT}}`, 'm')

function bracketDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    if (depth > deepest) deepest = depth
  }
  return deepest
}
