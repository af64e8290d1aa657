import { say, type Language } from '../core/messages.ts'
import type { Command, Flags } from './command.ts'
import { globalFlags } from './global-flags.ts'

/** The lines of the help of comfypin itself, below the one with its version. */
export function overviewLines(commands: readonly Command[], language: Language): string[] {
  return [
    '',
    `${say(language, 'usage', {})}: comfypin <command> [args] [flags]`,
    '',
    `${say(language, 'commands', {})}:`,
    ...table(commands.map((command) => [signature(command), command.summary[language]])),
    '',
    `${say(language, 'globalFlags', {})}:`,
    ...flagRows(globalFlags, language),
    '',
    say(language, 'moreHelp', {}),
  ]
}

export function commandHelp(command: Command, language: Language): string {
  const section = (title: string, rows: string[]) =>
    rows.length === 0 ? [] : ['', `${title}:`, ...rows]
  return [
    command.summary[language],
    '',
    `${say(language, 'usage', {})}: comfypin ${signature(command)} [flags]${command.passThrough === true ? ' [-- ComfyUI args]' : ''}`,
    ...(command.synonyms ?? []).map((synonym) => `       comfypin ${synonym}`),
    ...section(
      say(language, 'arguments', {}),
      table(command.positionals.map(({ name, doc }) => [name, doc[language]])),
    ),
    ...section(say(language, 'flags', {}), flagRows(command.flags, language)),
    ...section(say(language, 'globalFlags', {}), flagRows(globalFlags, language)),
  ].join('\n')
}

function signature(command: Command): string {
  return [
    command.name,
    ...command.positionals.map(
      ({ name, required, many }) =>
        `${required ? `<${name}>` : `[${name}]`}${many === true ? '…' : ''}`,
    ),
  ].join(' ')
}

function flagRows(flags: Flags, language: Language): string[] {
  return table(
    Object.entries(flags).map(([name, flag]) => [
      `--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
      flag.doc[language],
    ]),
  )
}

function table(rows: readonly (readonly [string, string] | string[])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left?.length ?? 0))
  return rows.map(([left, right]) => `  ${(left ?? '').padEnd(width)}  ${right ?? ''}`)
}
