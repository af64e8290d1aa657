import { describe, expect, test } from 'vitest'
import type { Command } from './command.ts'
import { commands } from './commands/index.ts'
import { globalFlags } from './global-flags.ts'
import { commandHelp, overviewLines } from './help.ts'
import { overviewText } from './overview-text.ts'

const LANGUAGES = ['en', 'ru'] as const

describe.each(LANGUAGES)('in %s', (language) => {
  test('the overview has every command and every global flag', () => {
    const text = overviewLines(commands, language).join('\n')
    for (const { name, summary } of commands)
      expect(text).toMatch(lineWith(name, summary[language]))
    for (const [name, { doc }] of Object.entries(globalFlags))
      expect(text).toMatch(lineWith(`--${name}`, doc[language]))
  })

  test('the overview that was written down is the one of the commands', async () => {
    const [first, ...lines] = (await overviewText('1.2.3', language)).split('\n')
    expect(first).toBe('comfypin 1.2.3')
    expect(lines, 'npm run generate writes it').toEqual(overviewLines(commands, language))
  })

  test.each(commands)('the help of $name has its arguments, flags and synonyms', (command) => {
    const text = commandHelp(command, language)
    expect(text.split('\n')[0]).toBe(command.summary[language])
    expect(text).toContain(`comfypin ${command.name}`)
    for (const synonym of command.synonyms ?? [])
      expect(text).toMatch(new RegExp(`^ +comfypin ${synonym}$`, 'm'))
    for (const { name, doc } of command.positionals)
      expect(text).toMatch(lineWith(name, doc[language]))
    for (const [name, { doc }] of Object.entries({ ...command.flags, ...globalFlags }))
      expect(text).toMatch(lineWith(`--${name}`, doc[language]))
    expect(text.includes('[-- ComfyUI args]')).toBe(command.passThrough === true)
    expect(text).not.toContain('undefined')
  })
})

test.each(commands)('every text of $name is there in both languages', (command) => {
  const isRussian = (text: string) => /[а-яё]/i.test(text)
  const wrong = textsOf(command).filter(({ en, ru }) => isRussian(en) || !isRussian(ru))
  expect(wrong).toEqual([])
})

test('texts begin in one column', () => {
  const rows = overviewLines(commands, 'en').filter((line) => line.startsWith('  --'))
  const columns = rows.map((row) => row.search(/ [A-Z][a-z]/))
  expect(new Set(columns).size).toBe(1)
})

function textsOf({ summary, positionals, flags }: Command) {
  return [summary, ...[...positionals, ...Object.values(flags)].map(({ doc }) => doc)]
}

function lineWith(...parts: string[]): RegExp {
  const escaped = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^ +${escaped.join('.*')}$`, 'm')
}
