import { systemClock, type Ctx } from '../core/context.ts'
import { describeError } from '../core/describe-error.ts'
import { ComfypinError, isComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import type { Emit } from '../core/events.ts'
import { say, type Language } from '../core/messages.ts'
import { printable } from '../core/printable.ts'
import { lazyReporter } from '../report/lazy.ts'
import { ndjsonReporter } from '../report/ndjson.ts'
import { parseSettings, wantsStack } from '../platform/settings.ts'
import type { Command, CommandResult, RawInput } from './command.ts'
import { commandsFor } from './commands-for.ts'
import { settingFlags } from './global-flags.ts'
import { guessLanguage } from './guess-language.ts'
import { commandHelp } from './help.ts'
import type { Io } from './io.ts'
import { overviewText } from './overview-text.ts'
import { parseArgv, spelledCommand } from './parse-argv.ts'

/** Run one command line to its exit code: 0 ok, 1 failed, 2 usage or spec error, 130 interrupted. */
export async function runLine(io: Io): Promise<number> {
  let language: Language = guessLanguage(io)
  let json = io.argv.includes('--json')
  let name = ''
  let close = async () => {}
  try {
    const commands = await commandsFor(io.argv)
    const { command, input } = parseArgv(io.argv, commands, language)
    json = input.flags['json'] === true
    if (command === null) return answer(io, await overviewText(io.version, language))
    if (input.flags['help'] === true) return answer(io, commandHelp(command, language))
    name = command.name
    const settings = parseSettings(io.env, settingFlags(input.flags, language))
    language = settings.language
    const reporter = createReporter(io, command, input, language)
    close = reporter.close
    const ctx: Ctx = { emit: reporter.emit, signal: io.signal, settings, clock: systemClock }
    const result = await command.run(ctx, input, io.ask)
    await close()
    const text = json
      ? JSON.stringify({ ok: result.exitCode === 0, command: name, data: result.value }, null, 2)
      : printable(result.text(language))
    if (text !== '') answer(io, text)
    await finish(io, result, { language, name })
    await close()
    return result.exitCode
  } catch (error) {
    await close()
    return await fail(io, toExpected(error, io), { json, language, name })
  }
}

/** The answer is out, so nothing that goes wrong here is an answer any more. */
async function finish(
  io: Io,
  result: CommandResult,
  shown: { language: Language; name: string },
): Promise<void> {
  try {
    await result.afterwards()
  } catch (error) {
    await fail(io, toExpected(error, io), { ...shown, json: false })
  }
}

function answer(io: Io, text: string): number {
  io.stdout(`${text}\n`)
  return 0
}

function createReporter(
  io: Io,
  command: Command,
  input: RawInput,
  language: Language,
): { emit: Emit; close(): Promise<void> } {
  const mode = String(input.flags['progress'] ?? 'auto')
  const options = {
    language,
    verbose: input.flags['verbose'] === true || command.showsLog === true,
    write: io.stderr,
  }
  const close = async () => {}
  switch (mode) {
    case 'none':
      return { emit: () => {}, close }
    case 'ndjson':
      return { emit: ndjsonReporter(io.stderr), close }
    case 'plain':
    case 'auto':
      return lazyReporter({
        ...options,
        terminal: mode === 'auto' ? io.terminal : () => null,
        now: systemClock.now,
      })
    default:
      throw new ComfypinError('USAGE', {
        reason: say(language, 'flagNotOneOf', {
          name: 'progress',
          known: 'auto, plain, ndjson, none',
          value: mode,
        }),
      })
  }
}

/**
 * Any file may belong to another user, so a refusal is expected wherever it comes from. What else is
 * not one of our errors is a defect; it is told as one, with its reason.
 */
function toExpected(error: unknown, io: Io): ComfypinError {
  if (isComfypinError(error)) return error
  if (io.signal.aborted) return new ComfypinError('INTERRUPTED', {}, { cause: error })
  const code = ['EACCES', 'EPERM'].includes(systemCode(error) ?? '') ? 'ACCESS_DENIED' : 'INTERNAL'
  return new ComfypinError(code, { reason: reasonOf(error) }, { cause: error })
}

/** Who used a command wrongly is sent to its own help. */
async function fail(
  io: Io,
  error: ComfypinError,
  { json, language, name }: { json: boolean; language: Language; name: string },
): Promise<number> {
  const used = error.code === 'USAGE' ? spelledCommand(io.argv, await commandsFor(io.argv)) : null
  const helpHint = (spoken: Language) =>
    used === null ? null : say(spoken, 'nextCommandHelp', { name: used })
  if (json) {
    const { hint: usual, ...told } = error.toJSON()
    const answered = { ...told, hint: helpHint('en') ?? usual }
    io.stdout(`${JSON.stringify({ ok: false, command: name, error: answered }, null, 2)}\n`)
  }
  const { message, hint: usual } = await describeError(error, language)
  const hint = helpHint(language) ?? usual
  io.stderr(`${printable(say(language, 'errorPrefix', { message }))}\n`)
  if (hint !== '') io.stderr(`${printable(say(language, 'hintPrefix', { hint }))}\n`)
  if (error.code === 'INTERNAL' && wantsStack(io.env) && error.cause instanceof Error)
    io.stderr(`${error.cause.stack ?? ''}\n`)
  return error.exitCode
}
