import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { readJournal, trustedRanges, validatorOf, writeJournal, type Journal } from './journal.ts'

const date = 'Mon, 06 Jan 2025 10:00:00 GMT'
const base: Journal = {
  ...{ url: 'https://a.org/m', size: 100, etag: '"a"', lastModified: date },
  ...{ written: [[0, 50]], durable: [[0, 20]], boot: 'today', landed: null },
}

test('a strong ETag proves equality, a weak one does not, a date is the fallback', () => {
  expect(validatorOf(base)).toBe('"a"')
  expect(validatorOf({ ...base, etag: 'W/"a"' })).toBe(date)
  expect(validatorOf({ ...base, etag: 'W/"a"', lastModified: null })).toBeNull()
})

test('a journal comes back as written, and anything else is none', () => {
  const dir = tempDir()
  const path = join(dir, 'm.part.json')
  writeJournal(path, base)
  expect(readJournal(path)).toEqual(base)
  expect(readFileSync(path)).toHaveLength(4096)
  expect(readdirSync(dir)).toEqual(['m.part.json'])
  writeJournal(path, { ...base, written: [[0, 60]] })
  expect(readJournal(path)?.written).toEqual([[0, 60]])
  expect(readdirSync(dir)).toEqual(['m.part.json'])
  for (const text of ['', '{', '[]', '{"url":1}', '{"url":"x","size":-1,"etag":null}']) {
    writeFileSync(path, text)
    expect(readJournal(path)).toBeNull()
  }
})

test('a journal with more ranges than fit into a block is written all the same', () => {
  const path = join(tempDir(), 'm.part.json')
  const many = Array.from({ length: 500 }, (_, at): [number, number] => [at * 10, at * 10 + 5])
  const big = { ...base, size: 10_000, written: many }
  for (const journal of [base, big, base]) {
    writeJournal(path, journal)
    expect(readJournal(path)).toEqual(journal)
  }
})

test('a journal of which only a part reached the disk is none', () => {
  const path = join(tempDir(), 'm.part.json')
  writeJournal(path, base)
  const before = readFileSync(path, 'utf8')
  writeJournal(path, { ...base, written: [[0, 70]] })
  const after = readFileSync(path, 'utf8')
  const torn =
    after.slice(0, before.indexOf('"durable"')) + before.slice(before.indexOf('"durable"'))
  writeFileSync(path, torn)
  expect(readJournal(path)).toBeNull()
})

test('a journal of before there were ranges knows of no bytes', () => {
  const path = join(tempDir(), 'm.part.json')
  const { url, size, etag, lastModified } = base
  writeFileSync(path, JSON.stringify({ url, size, etag, lastModified }))
  const journal = readJournal(path)
  expect(journal).not.toBeNull()
  expect(journal === null ? null : trustedRanges(journal, null)).toEqual([])
})

test('after a restart of the machine only what was on the disk counts', () => {
  expect(trustedRanges(base, 'today')).toEqual([[0, 50]])
  expect(trustedRanges(base, 'tomorrow')).toEqual([[0, 20]])
  expect(trustedRanges(base, null)).toEqual([[0, 20]])
  expect(trustedRanges({ ...base, boot: null }, null)).toEqual([[0, 20]])
})

test('ranges that cannot be are not believed', () => {
  const wrong: Journal['written'][] = [[[0, 101]], [[5, 5]], [[-1, 3]]]
  for (const written of wrong) expect(trustedRanges({ ...base, written }, 'today')).toEqual([])
  expect(trustedRanges({ ...base, size: null }, 'today')).toEqual([])
})
