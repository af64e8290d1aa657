/** Levels of brackets, of `- - -` on one line; real files have a dozen. */
const MAX_DEPTH = 100
/** Blanks and dashes before a key. */
const MAX_INDENT = 400

/**
 * True for a text that should not be given to a parser at all: what nests ten thousand levels deep ends
 * the whole process in YAML's, and overflows the stack of whoever walks the data of JSON's. An upper
 * bound without parsing: brackets inside of texts count too; that many never close by accident.
 */
export function isNestedTooDeep(text: string, format: 'json' | 'yaml'): boolean {
  if (bracketDepth(text) > MAX_DEPTH) return true
  return format === 'yaml' && (INLINE.test(text) || INDENTED.test(text))
}

const INLINE = new RegExp(`(?:[-?:][ \\t]+){${MAX_DEPTH}}`)
const INDENTED = new RegExp(`^[-?: \\t]{${MAX_INDENT}}`, 'm')

function bracketDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1))
    if (depth > deepest) deepest = depth
  }
  return deepest
}
