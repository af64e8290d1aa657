import { expect, test } from 'vitest'
import { errorTable } from '../../src/core/error-table.ts'
import { messageTable } from '../../src/core/messages.ts'
import { noteTable } from '../../src/core/notes.ts'
import { validationTable } from '../../src/core/validation-table.ts'
import { warningTable } from '../../src/core/warnings.ts'
import { readSources } from './source-graph.ts'

const sources = [...readSources().values()]

test.each([
  ['error-table', errorTable],
  ['warnings', warningTable],
  ['messages', messageTable],
  ['notes', noteTable],
  ['validation-table', validationTable],
])('every entry of %s is used somewhere', (file, table) => {
  const others = sources.filter(({ path }) => path !== `core/${file}.ts`)
  const isUsed = (key: string) => others.some(({ text }) => new RegExp(`'${key}'`).test(text))
  expect(Object.keys(table).filter((key) => !isUsed(key))).toEqual([])
})
