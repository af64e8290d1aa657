import { describe, expect, test } from 'vitest'
import { classifyLine, decodeRequirements, logicalLines } from './requirement-lines.ts'

describe('decoding', () => {
  test('understands UTF-8, with and without a mark', () => {
    expect(decodeRequirements(Buffer.from('six # é'))).toBe('six # é')
    expect(decodeRequirements(Buffer.from('\uFEFFsix'))).toBe('six')
  })

  test('understands UTF-16, as PowerShell writes it', () => {
    expect(decodeRequirements(Buffer.from('\uFEFFsix', 'utf16le'))).toBe('six')
    expect(decodeRequirements(Buffer.from('\uFEFFsix', 'utf16le').swap16())).toBe('six')
  })

  test('takes anything else for Latin-1', () => {
    expect(decodeRequirements(Buffer.from('six # é', 'latin1'))).toBe('six # é')
  })
})

describe('logical lines', () => {
  test('have no comments and no blanks', () => {
    expect(logicalLines('# all\r\nsix # why\n\n  foo\n\t# end')).toEqual(['six', 'foo'])
  })

  test('keep a fragment of a URL', () => {
    expect(logicalLines('git+https://host/x#egg=x')).toEqual(['git+https://host/x#egg=x'])
  })

  test('join continuations', () => {
    expect(logicalLines('six==1 \\\n  --hash=sha256:00\nfoo \\')).toEqual([
      'six==1   --hash=sha256:00',
      'foo',
    ])
  })

  test('a comment ends a continuation', () => {
    expect(logicalLines('six \\\n# no \\\nfoo')).toEqual(['six', 'foo'])
  })
})

test.each([
  ['six', { kind: 'requirement', text: 'six' }],
  ['-r other.txt', { kind: 'include', path: 'other.txt' }],
  ['-rother.txt', { kind: 'include', path: 'other.txt' }],
  ['--requirement=other.txt', { kind: 'include', path: 'other.txt' }],
  ['-c "with space.txt"', { kind: 'constraint', path: 'with space.txt' }],
  ['--constraint  bounds.txt', { kind: 'constraint', path: 'bounds.txt' }],
  ['-e .', { kind: 'editable', target: '.' }],
  ['--editable git+https://host/x', { kind: 'editable', target: 'git+https://host/x' }],
  ['-i https://evil', { kind: 'option', text: '-i https://evil' }],
  ['--index-url=https://evil', { kind: 'option', text: '--index-url=https://evil' }],
  ['--pre', { kind: 'option', text: '--pre' }],
  ['-', { kind: 'option', text: '-' }],
])('%s is understood', (line, parsed) => {
  expect(classifyLine(line)).toEqual(parsed)
})
