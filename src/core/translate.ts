import type { Language } from './messages.ts'
import { phraseTable } from './phrases.ts'
import { fill } from './template.ts'

/** Parameters that may hold prose of ours; the others are names, numbers and addresses. */
const PROSE = new Set([
  'reason',
  'problem',
  'problems',
  'nodes',
  'known',
  'difference',
  'form',
  'suggestion',
])

/** Nobody wrote a longer sentence; matching it would only take time. */
const MAX_LENGTH = 1000

type Params = Readonly<Record<string, string | number>>

/** The parameters of a text in the language of that text. */
export function translateParams(params: Params, language: Language): Params {
  if (language === 'en') return params
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'string' && PROSE.has(name) ? translate(value, language) : value,
    ]),
  )
}

/**
 * A fragment of `phrases.ts` in another language, line by line; what has no row there, such as the
 * output of a tool, stays as it is.
 */
export function translate(text: string, language: Language): string {
  if (language === 'en') return text
  return text
    .split('\n')
    .map((line) => {
      const phrase = line.trimStart()
      return line.slice(0, line.length - phrase.length) + russian(phrase)
    })
    .join('\n')
}

function russian(phrase: string): string {
  const exact = Object.hasOwn(phraseTable, phrase) ? phraseTable[phrase] : undefined
  if (exact !== undefined || phrase.length > MAX_LENGTH) return exact ?? phrase
  for (const [source, target] of Object.entries(phraseTable)) {
    const found = source.includes('{') ? patternOf(source).exec(phrase)?.groups : undefined
    if (found === undefined) continue
    const inner = Object.entries(found).map(([name, value]): [string, string] => [
      name,
      russian(value),
    ])
    return fill(target, Object.fromEntries<string>(inner))
  }
  return phrase
}

function patternOf(source: string): RegExp {
  const literal = source.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replace(/\{(\w+)\}/g, '(?<$1>.+?)')}$`)
}
