import type { Command } from './command.ts'
import { listCommand } from './commands/list.ts'
import { realizeCommand } from './commands/realize.ts'
import { runHandlerCommand } from './commands/run-handler.ts'
import { runUiCommand } from './commands/run-ui.ts'

/** Started by the thousand: these do not wait for the table of all others and its help. */
const QUICK: readonly Command[] = [listCommand, realizeCommand, runUiCommand, runHandlerCommand]

/** The commands that a line can mean. */
export async function commandsFor(argv: readonly string[]): Promise<readonly Command[]> {
  const [first = ''] = argv
  const quick = QUICK.find(({ name, synonyms = [] }) => name === first || synonyms.includes(first))
  if (quick !== undefined) return [quick]
  const { commands } = await import('./commands/index.ts')
  return commands
}
