import {
  findNodeAtLocation,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from './jsonc.ts'

export type JsonPath = readonly (string | number)[]

export interface Position {
  /** Both start at 1. */
  line: number
  column: number
}

export interface JsonDocument {
  /** null when the text is not JSON. */
  value: unknown
  syntaxErrors: { message: string; at: Position }[]
  duplicateKeys: { path: JsonPath; at: Position }[]
  /** Where a value stands; for a missing one, its nearest parent. */
  at(path: JsonPath): Position
}

/** What stands in the text instead of JSON, by the parser's own name for it. */
const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a word that is no JSON',
  InvalidNumberFormat: 'a broken number',
  PropertyNameExpected: 'no name of a key',
  ValueExpected: 'no value',
  ColonExpected: 'no ":"',
  CommaExpected: 'no ","',
  CloseBraceExpected: 'no "}"',
  CloseBracketExpected: 'no "]"',
  EndOfFileExpected: 'more after the end',
  InvalidCommentToken: 'a comment',
  UnexpectedEndOfComment: 'a comment without its end',
  UnexpectedEndOfString: 'a text without its end',
  UnexpectedEndOfNumber: 'a number without its end',
  InvalidUnicode: 'a broken \\u escape',
  InvalidEscapeCharacter: 'an unknown escape',
  InvalidCharacter: 'a control character',
}

/** JSON with the place of every value, so that a problem can name line and column. */
export function readJson(text: string): JsonDocument {
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const position = (offset: number): Position => {
    const before = text.slice(0, offset).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
  return {
    // JSON.parse keeps a key "__proto__" as plain data, which building objects from the tree would not.
    value: errors.length === 0 && root !== undefined ? JSON.parse(text) : null,
    syntaxErrors: errors.map(({ error, offset }) => ({
      message: SYNTAX[printParseErrorCode(error)] ?? 'a word that is no JSON',
      at: position(offset),
    })),
    duplicateKeys:
      root === undefined
        ? []
        : findDuplicates(root, []).map(({ path, node }) => ({ path, at: position(node.offset) })),
    at: (path) => position(root === undefined ? 0 : nearest(root, path).offset),
  }
}

function nearest(root: Node, path: JsonPath): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length))
    if (node !== undefined) return node
  }
  return root
}

function findDuplicates(node: Node, path: JsonPath): { path: JsonPath; node: Node }[] {
  const children = node.children ?? []
  if (node.type === 'array')
    return children.flatMap((child, index) => findDuplicates(child, [...path, index]))
  if (node.type !== 'object') return []
  const seen = new Set<string>()
  return children.flatMap((property) => {
    const [key, value] = property.children ?? []
    const name = String(key?.value)
    const here = [...path, name]
    const inner = value === undefined ? [] : findDuplicates(value, here)
    if (seen.has(name)) return [{ path: here, node: property }, ...inner]
    seen.add(name)
    return inner
  })
}

/** `['models', 0, 'name']` → `$.models[0].name`. */
export function formatPath(path: JsonPath): string {
  return path.reduce<string>(
    (out, part) =>
      out +
      (typeof part === 'number'
        ? `[${part}]`
        : /^[A-Za-z_$][\w$]*$/.test(part)
          ? `.${part}`
          : `[${JSON.stringify(part)}]`),
    '$',
  )
}
