import type { Command } from './command.ts'

/**
 * The commands that a line can mean. Some are started by the thousand and loaded alone; the table of
 * all others, with their help in two languages, would take as long to load as they take to run.
 */
export async function commandsFor(argv: readonly string[]): Promise<readonly Command[]> {
  const [first = ''] = argv
  const load = Object.hasOwn(QUICK, first) ? QUICK[first] : undefined
  if (load !== undefined) return [await load()]
  const { commands } = await import('./commands/index.ts')
  return commands
}

const list = async () => (await import('./commands/list.ts')).listCommand
const QUICK: Readonly<Record<string, () => Promise<Command>>> = {
  list,
  ls: list,
  status: list,
  realize: async () => (await import('./commands/realize.ts')).realizeCommand,
  'run-ui': async () => (await import('./commands/run-ui.ts')).runUiCommand,
  'run-handler': async () => (await import('./commands/run-handler.ts')).runHandlerCommand,
}
