/** Text of a requirements file: UTF-8 with or without a mark, UTF-16 with one, else Latin-1. */
export function decodeRequirements(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('latin1').decode(bytes) // every byte is a character there
  }
}

/** Logical lines as pip counts them: continuations joined, comments and blank lines gone. */
export function logicalLines(text: string): string[] {
  const lines: string[] = []
  let open = ''
  for (const line of text.split(/\r\n|[\r\n\v\f\x85\u2028\u2029]/)) {
    const isComment = /^\s*#/.test(line)
    if (line.endsWith('\\') && !isComment) {
      open += line.slice(0, -1)
    } else {
      lines.push(open + (isComment ? '' : line))
      open = ''
    }
  }
  return [...lines, open].map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter(Boolean)
}

export type RequirementLine =
  | { kind: 'requirement'; text: string }
  | { kind: 'include'; path: string }
  | { kind: 'constraint'; path: string }
  | { kind: 'editable'; target: string }
  | { kind: 'option'; text: string }

/** What a logical line is, before anyone trusts it. */
export function classifyLine(line: string): RequirementLine {
  if (!line.startsWith('-')) return { kind: 'requirement', text: line }
  const [, name = '', value = ''] = LONG_OPTION.exec(line) ?? SHORT_OPTION.exec(line) ?? []
  if (name === '-r' || name === '--requirement') return { kind: 'include', path: unquote(value) }
  if (name === '-c' || name === '--constraint') return { kind: 'constraint', path: unquote(value) }
  if (name === '-e' || name === '--editable') return { kind: 'editable', target: unquote(value) }
  return { kind: 'option', text: line }
}

const LONG_OPTION = /^(--[a-z-]+)(?:\s*=\s*|\s+)?(.*)$/
const SHORT_OPTION = /^(-[a-zA-Z])\s*=?\s*(.*)$/

function unquote(value: string): string {
  return value.trim().replace(/^(['"])(.*)\1$/, '$2')
}
