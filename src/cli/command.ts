import type { Ctx } from '../core/context.ts'
import type { Language } from '../core/messages.ts'

/** A text of help in both languages. */
export interface Bilingual {
  en: string
  ru: string
}

export interface FlagSpec {
  type: 'string' | 'boolean'
  /** Word for the value in help. */
  value?: string
  multiple?: boolean
  short?: string
  doc: Bilingual
}

export type Flags = Readonly<Record<string, FlagSpec>>

export interface Positional {
  name: string
  required: boolean
  /** The last one may stand for any number of arguments. */
  many?: boolean
  doc: Bilingual
}

type FlagValue<F extends FlagSpec> = F extends { multiple: true }
  ? string[]
  : F['type'] extends 'boolean'
    ? boolean
    : string

/** What a handler gets: typed flags (absent ones are undefined), positionals, arguments after `--`. */
export interface Input<F extends Flags> {
  args: string[]
  flags: { [K in keyof F]?: FlagValue<F[K]> | undefined }
  passThrough: string[]
}

/** The same before a command has given its flags their types. */
export interface RawInput {
  args: string[]
  flags: Record<string, string | boolean | string[] | undefined>
  passThrough: string[]
}

/**
 * Ask somebody who sits at a terminal.
 * @returns what was typed; null when nobody is there
 */
export type Ask = (question: string) => Promise<string | null>

interface CommandInfo<F extends Flags> {
  name: string
  /** Other spellings, words separated by a space: `handler run`. */
  synonyms?: readonly string[]
  summary: Bilingual
  positionals: readonly Positional[]
  flags: F
  /** True when arguments after `--` are handed on. */
  passThrough?: boolean
  /** True when the log of ComfyUI is shown without `--verbose`. */
  showsLog?: boolean
}

/** A command whose flags and result have types of their own. */
export interface TypedCommand<F extends Flags, R> extends CommandInfo<F> {
  run(ctx: Ctx, input: Input<F>, ask: Ask): Promise<R>
  /** The answer for people, on stdout. */
  render(result: R, language: Language): string
  /** Exit code of a result that is no error; default 0. */
  exitCode?(result: R): number
  /** What is left to do when the answer is out; a failure of it is told and changes no exit code. */
  afterwards?(ctx: Ctx, result: R): Promise<void>
}

/**
 * A command as data: help, completion, `--json` and the reference page come from this object.
 * The work behind `run` is imported when it runs, so that starting costs nothing else.
 */
export interface Command extends CommandInfo<Flags> {
  run(ctx: Ctx, input: RawInput, ask: Ask): Promise<CommandResult>
}

export interface CommandResult {
  /** What `--json` prints. */
  value: unknown
  exitCode: number
  text(language: Language): string
  afterwards(): Promise<void>
}

/** Keeps the types of flags and result together; the table of commands sees plain data. */
export function defineCommand<const F extends Flags, R>(command: TypedCommand<F, R>): Command {
  return {
    ...command,
    async run(ctx, input, ask) {
      // oxlint-disable-next-line no-unsafe-type-assertion -- the parser has read the flags by this very table
      const value = await command.run(ctx, input as Input<F>, ask)
      return {
        value,
        exitCode: command.exitCode?.(value) ?? 0,
        text: (language) => command.render(value, language),
        afterwards: async () => command.afterwards?.(ctx, value),
      }
    },
  }
}
