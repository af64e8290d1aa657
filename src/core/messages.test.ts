import { describe, expect, test } from 'vitest'
import type { Step } from '../realize/step.ts'
import { actionName, kindName } from '../report/step-names.ts'
import { commands } from '../cli/commands/index.ts'
import { globalFlags } from '../cli/global-flags.ts'
import { findingTable } from '../doctor/finding-table.ts'
import { errorTable, type ErrorCode } from './error-table.ts'
import { russianErrors } from './error-texts-ru.ts'
import { messageTable, say } from './messages.ts'
import { noteTable } from './notes.ts'
import { validationTable } from './validation-table.ts'
import { warningTable } from './warnings.ts'

interface Text {
  en: string
  ru: string
}

const TEXTS: Record<string, Record<string, Text>> = {
  errors: errorTexts('message'),
  hints: errorTexts('hint'),
  warnings: warningTable,
  messages: messageTable,
  notes: noteTable,
  'problems of validate': validationTable,
  'findings of doctor': findingTable,
  remedies: Object.fromEntries(
    Object.entries(findingTable).flatMap(([code, { remedy }]) =>
      remedy === null ? [] : [[code, remedy]],
    ),
  ),
  commands: Object.fromEntries(commands.map(({ name, summary }) => [name, summary])),
  'arguments and flags': Object.fromEntries([
    ...commands.flatMap(({ name, positionals, flags }) => [
      ...positionals.map((one) => [`${name} <${one.name}>`, one.doc]),
      ...Object.entries(flags).map(([flag, { doc }]) => [`${name} --${flag}`, doc]),
    ]),
    ...Object.entries(globalFlags).map(([flag, { doc }]) => [`--${flag}`, doc]),
  ]),
}

/** Words that stand in a Russian text as they are, and may be all of it. */
const NAMES = /\b(comfypin( realize)?|venv|sha256|git|Python|Node|bash|zsh|fish)\b/g

describe.each(Object.entries(TEXTS))('%s', (_, table) => {
  test('have a text in English and in Russian', () => {
    expect(namesOf(table, ({ en, ru }) => en.trim() === '' || ru.trim() === '')).toEqual([])
  })

  test('have the same placeholders in both', () => {
    const differ = ({ en, ru }: Text) => placeholders(en).join() !== placeholders(ru).join()
    expect(namesOf(table, differ)).toEqual([])
  })

  test('are Russian in Russian, and only there', () => {
    const wrong = ({ en, ru }: Text) => (hasWords(ru) && !isRussian(ru)) || isRussian(en)
    expect(namesOf(table, wrong)).toEqual([])
  })
})

test('every error has an HTTP status that says it failed', () => {
  const odd = Object.entries(errorTable).filter(([, { http }]) => http < 400 || http > 599)
  expect(odd).toEqual([])
})

test('every kind of step has a name in both languages', () => {
  const kinds: Record<Step['kind'], string> = {
    checkout: 'исходники',
    core: 'ядро',
    'python-lock': 'версии python',
    venv: 'venv',
    packages: 'пакеты',
    bytecode: 'байткод',
    model: 'модель',
    home: 'дом',
    check: 'проверка импорта',
    pack: 'пак',
    unlink: 'ссылка на модель',
  }
  for (const [kind, russian] of Object.entries(kinds)) expect(kindName(kind, 'ru')).toBe(russian)
  expect(kindName('python-lock', 'en')).toBe('python lock')
})

test('every action of a step has a name in both languages', () => {
  const actions: Record<Step['action'], true> = {
    clone: true,
    fetch: true,
    unpack: true,
    repair: true,
    reuse: true,
    missing: true,
    prepare: true,
    resolve: true,
    create: true,
    recreate: true,
    sync: true,
    compile: true,
    download: true,
    copy: true,
    link: true,
    adopt: true,
    present: true,
    skip: true,
    write: true,
    run: true,
    place: true,
    remove: true,
    foreign: true,
  }
  const names = Object.keys(actions)
  expect(names.map((name) => actionName(name, 'en'))).toEqual(names)
  expect(names.filter((name) => !isRussian(actionName(name, 'ru')))).toEqual([])
})

test('a kind that nobody knows is shown as it is, whatever it is called', () => {
  expect(['novelty', 'constructor', '__proto__'].map((kind) => kindName(kind, 'ru'))).toEqual([
    'novelty',
    'constructor',
    '__proto__',
  ])
})

test('values are put into a text once: braces in a value stay as they are', () => {
  const name = '{guess} $& {name}'
  expect(say('en', 'unknownFlag', { name, guess: '' })).toBe(`unknown flag "${name}"`)
})

function errorTexts(part: 'message' | 'hint'): Record<string, Text> {
  const codes = Object.keys(errorTable) as ErrorCode[]
  return Object.fromEntries(
    codes.map((code) => [code, { en: errorTable[code][part], ru: russianErrors[code][part] }]),
  )
}

function namesOf(table: Record<string, Text>, isWrong: (text: Text) => boolean): string[] {
  return Object.entries(table).flatMap(([name, text]) => (isWrong(text) ? [name] : []))
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted()
}

/** True when there is more in it than placeholders, names and signs. */
function hasWords(text: string): boolean {
  return /\p{L}/u.test(text.replaceAll(/\{\w+\}/g, '').replaceAll(NAMES, ''))
}

function isRussian(text: string): boolean {
  return /[а-яё]/i.test(text)
}
