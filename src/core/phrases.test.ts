import { describeError } from './describe-error.ts'
import { describe, expect, test } from 'vitest'
import { readSources } from '../../test/architecture/source-graph.ts'
import { ComfypinError } from './errors.ts'
import { phraseTable } from './phrases.ts'
import { translate } from './translate.ts'

const rows = Object.entries(phraseTable)

/** What the system, zod or two parts of the code say together; no single literal has it. */
const COMPOSED = [
  /^[A-Z]{5,}: /,
  /^connect |^getaddrinfo /,
  /^\{value\} \(/,
  /^(branches|no branches)/,
  /^\{place\}/,
  / or (number|0) or /,
  /^"\{first\}"/,
  /^(string|number|boolean|array|object|record)$/,
]

describe('phrases', () => {
  test('have the same placeholders in both languages', () => {
    const differ = rows.filter(([en, ru]) => String(placeholders(en)) !== String(placeholders(ru)))
    expect(differ).toEqual([])
  })

  test('are Russian in Russian, and only there', () => {
    const isRussian = (text: string) => /[а-яё]/i.test(text)
    const hasWords = (text: string) => /\p{L}/u.test(text.replaceAll(/\{\w+\}|"\w+"/g, ''))
    const wrong = rows.filter(([en, ru]) => isRussian(en) || (hasWords(ru) && !isRussian(ru)))
    expect(wrong.map(([en]) => en)).toEqual([])
  })

  test('stand in the code: a row whose English was changed is dead', () => {
    const code = [...readSources().values()]
      .filter(({ path }) => !path.startsWith('core/phrases'))
      .map(({ text }) => text.replaceAll(/\s+/g, ' ').replaceAll('\\\\', '\\'))
      .join('\n')
    const isSaid = (phrase: string) =>
      phrase
        .split(/["']?\{\w+\}["']?/)
        .map((piece) => piece.trim())
        .every((piece) => code.includes(piece))
    const dead = rows.filter(([en]) => !COMPOSED.some((one) => one.test(en)) && !isSaid(en))
    expect(dead.map(([en]) => en)).toEqual([])
  })
})

describe('translate', () => {
  test('keeps what it does not know, as it is', () => {
    expect(translate("fatal: repository 'x' not found", 'ru')).toBe(
      "fatal: repository 'x' not found",
    )
  })

  test('keeps values, line by line, with what stands before them', () => {
    const text =
      '  2:3  $.a: expected an object, found "a list"\n  3:1  $: expected string, found nothing'
    expect(translate(text, 'ru')).toBe(
      '  2:3  $.a: ожидается объект; сейчас "a list"\n  3:1  $: ожидается строка; сейчас пусто',
    )
  })

  test('reads a value that holds a phrase itself', () => {
    const text = 'a file that can be read (EACCES: permission denied, open x)'
    expect(translate(text, 'ru')).toBe('файл, который можно прочитать (нет прав (open x))')
  })

  test('names the node that ComfyUI refuses, and leaves what ComfyUI says', () => {
    const text =
      "  node 3 (KSampler), input seed: Value not in list: 'x'\n  node 4 (VAELoader): missing"
    expect(translate(text, 'ru')).toBe(
      "  узел 3 (KSampler), вход seed: Value not in list: 'x'\n  узел 4 (VAELoader): missing",
    )
  })

  test('is asked for the prose of an error, never for its names', async () => {
    const error = new ComfypinError('PYTHON_NOT_FOUND', { python: 'no file', reason: 'no file' })
    expect((await describeError(error, 'ru')).message).toBe('Python «no file» не найден: файла нет')
    expect(error.message).toBe('Python "no file" is not here: no file')
  })

  test('takes a line of any length in a moment', () => {
    expect(translate('expected '.repeat(100_000), 'ru')).toHaveLength(900_000)
  })
})

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted()
}
