import { expect, test } from 'vitest'
import { commandsFor } from './commands-for.ts'
import { commands } from './commands/index.ts'

const names = async (...argv: string[]) => (await commandsFor(argv)).map(({ name }) => name)

test('a command that is loaded alone is the one that the table has under that word', async () => {
  for (const word of ['list', 'ls', 'status', 'realize', 'run-ui', 'run-handler']) {
    const [quick, ...others] = await commandsFor([word])
    expect(others).toEqual([])
    expect(commands).toContain(quick)
    expect([quick?.name, ...(quick?.synonyms ?? [])]).toContain(word)
  }
})

test('any other line may mean any command', async () => {
  for (const argv of [['create', 'x'], ['--json', 'list'], ['version', 'list'], ['lst'], []])
    expect(await names(...argv)).toEqual(commands.map(({ name }) => name))
})
