import { guessLanguage } from './guess-language.ts'
import type { Io } from './io.ts'
import { overviewText } from './overview-text.ts'
import { runLine } from './run-line.ts'

/**
 * Run one command line to its exit code: 0 ok, 1 failed, 2 usage or spec error, 130 interrupted.
 * What needs no command is answered without any (perf.md row 1).
 */
export async function main(io: Io): Promise<number> {
  const text = await quickAnswer(io)
  if (text === null) return runLine(io)
  io.stdout(`${text}\n`)
  return 0
}

async function quickAnswer(io: Io): Promise<string | null> {
  const [word, ...others] = io.argv
  if (others.length > 0) return null
  if (word === '--version' || word === '-V') return io.version
  const isHelp = word === undefined || ['help', '--help', '-h'].includes(word)
  return isHelp ? overviewText(io.version, guessLanguage(io)) : null
}
