import { expect, test } from 'vitest'
import { readSources } from '../../test/architecture/source-graph.ts'
import { findingTable } from './finding-table.ts'

const rows = Object.entries(findingTable)

test('every finding has the same placeholders in both languages', () => {
  const differ = rows.filter(
    ([, { en, ru }]) => String(placeholders(en)) !== String(placeholders(ru)),
  )
  expect(differ).toEqual([])
})

test('a remedy says nothing that the finding does not know', () => {
  const unknown = rows.filter(([, { en, remedy }]) => {
    const known = placeholders(en)
    const used = remedy === null ? [] : [remedy.en, remedy.ru].flatMap(placeholders)
    return used.some((name) => !known.includes(name))
  })
  expect(unknown).toEqual([])
})

test('whatever has to be mended has a remedy', () => {
  expect(rows.filter(([, { status, remedy }]) => status === 'fail' && remedy === null)).toEqual([])
})

test('every finding can be found', () => {
  const texts = [...readSources().values()]
    .filter(({ path }) => path.startsWith('doctor/') && !path.endsWith('finding-table.ts'))
    .map(({ text }) => text)
    .join('\n')
  expect(rows.map(([code]) => code).filter((code) => !texts.includes(`'${code}'`))).toEqual([])
})

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).toSorted()
}
