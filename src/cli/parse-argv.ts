import { parseArgs } from 'node:util'
import { ComfypinError } from '../core/errors.ts'
import { say, type Language } from '../core/messages.ts'
import { suggest } from '../core/suggest.ts'
import type { Command, Flags, RawInput } from './command.ts'
import { globalFlags } from './global-flags.ts'

export interface Invocation {
  /** null: no command was named. */
  command: Command | null
  input: RawInput
}

/**
 * Which command is meant, with its flags. Words of a command may be one (`realize`), a synonym
 * (`handler run`) or follow `version`.
 * @throws USAGE with the nearest known name
 */
export function parseArgv(
  argv: readonly string[],
  commands: readonly Command[],
  language: Language,
): Invocation {
  if (argv[0] === 'help') return parseArgv([...argv.slice(1), '--help'], commands, language)
  const separator = argv.indexOf('--')
  const own = separator < 0 ? [...argv] : argv.slice(0, separator)
  const passThrough = separator < 0 ? [] : argv.slice(separator + 1)
  const words = wordsOf(own, commands)
  const found = findCommand(words, commands)
  if (found === null && words[0] !== undefined) throw unknownCommand(words, commands, language)
  const flags: Flags = { ...globalFlags, ...found?.command.flags }
  const { values, positionals } = read(own, flags, language)
  const input: RawInput = { args: positionals.slice(found?.words ?? 0), flags: values, passThrough }
  if (found !== null && values['help'] !== true) checkPositionals(found.command, input, language)
  return { command: found?.command ?? null, input }
}

/** The command that a line names, whatever else is wrong with the line; null: none. */
export function spelledCommand(
  argv: readonly string[],
  commands: readonly Command[],
): string | null {
  return findCommand(wordsOf(argv, commands), commands)?.command.name ?? null
}

/**
 * The leading words. Flags may come before the command, and then the values of any command's flags
 * are no words.
 */
function wordsOf(own: readonly string[], commands: readonly Command[]): string[] {
  const firstFlag = own.findIndex(isFlag)
  if (firstFlag !== 0) return firstFlag < 0 ? [...own] : own.slice(0, firstFlag)
  const tables: Flags[] = [globalFlags, ...commands.map(({ flags }) => flags)]
  const flags = Object.fromEntries(tables.flatMap((table) => Object.entries(table)))
  return tokenize(own, flags).flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
}

function isFlag(word: string): boolean {
  return word.startsWith('-')
}

/** Node's parser costs a millisecond to load; a line without flags does not need it. */
function tokenize(own: readonly string[], flags: Flags) {
  if (!own.some(isFlag)) return own.map((value) => ({ kind: 'positional' as const, value }))
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, multiple, short }]) => [
      name,
      { type, multiple: multiple === true, ...(short === undefined ? {} : { short }) },
    ]),
  )
  const args = [...own]
  return parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true }).tokens
}

function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command; words: number } | null {
  const rest = withoutVersion(words)
  for (const spelled of [rest.slice(0, 2), rest.slice(0, 1)]) {
    const command = commands.find((one) => spellings(one).includes(spelled.join(' ')))
    if (command !== undefined)
      return { command, words: words.length - rest.length + spelled.length }
  }
  return null
}

function withoutVersion(words: readonly string[]): readonly string[] {
  return words[0] === 'version' && words.length > 1 ? words.slice(1) : words
}

function spellings({ name, synonyms = [] }: Command): string[] {
  return [name, ...synonyms]
}

function unknownCommand(
  words: readonly string[],
  commands: readonly Command[],
  language: Language,
): ComfypinError {
  const [name = ''] = withoutVersion(words)
  const known = commands.flatMap(spellings)
  const near = known.find((one) => one.startsWith(`${name} `)) ?? suggest(name, known)
  return usage(say(language, 'unknownCommand', { name, guess: guess(near, language) }))
}

function read(
  own: readonly string[],
  flags: Flags,
  language: Language,
): { values: RawInput['flags']; positionals: string[] } {
  const values: RawInput['flags'] = {}
  const positionals: string[] = []
  for (const token of tokenize(own, flags)) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined
    if (flag === undefined)
      throw usage(
        say(language, 'unknownFlag', {
          name: token.rawName,
          guess: guess(suggest(token.name, Object.keys(flags)), language, '--'),
        }),
      )
    if (flag.type === 'boolean') {
      if (token.value !== undefined)
        throw usage(say(language, 'flagTakesNoValue', { name: token.name }))
      values[token.name] = true
    } else if (token.value === undefined || (token.value.startsWith('--') && !token.inlineValue))
      throw usage(say(language, 'flagNeedsValue', { name: token.name }))
    else
      values[token.name] =
        flag.multiple === true ? [...list(values[token.name]), token.value] : token.value
  }
  return { values, positionals }
}

function list(value: RawInput['flags'][string]): string[] {
  return Array.isArray(value) ? value : []
}

function checkPositionals(command: Command, input: RawInput, language: Language): void {
  const missing = command.positionals.find(
    ({ required }, index) => required && input.args[index] === undefined,
  )
  const named = [input.flags['spec'], input.flags['version-id']].some(
    (value) => typeof value === 'string',
  )
  if (missing !== undefined && !(missing.name === 'id' && named))
    throw usage(say(language, 'missingArgument', { name: missing.name }))
  const isOpen = command.positionals.at(-1)?.many === true
  const extra = isOpen ? undefined : input.args[command.positionals.length]
  if (extra !== undefined) throw usage(say(language, 'extraArgument', { name: extra }))
  if (input.passThrough.length > 0 && command.passThrough !== true)
    throw usage(say(language, 'extraArgument', { name: input.passThrough[0] ?? '--' }))
}

function guess(near: string | null, language: Language, prefix = ''): string {
  return near === null ? '' : say(language, 'didYouMean', { guess: prefix + near })
}

function usage(reason: string): ComfypinError {
  return new ComfypinError('USAGE', { reason })
}
