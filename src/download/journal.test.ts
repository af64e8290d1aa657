import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { readJournal, validatorOf, writeJournal } from './journal.ts'

const base = { url: 'https://a.org/m', size: 1 }
const date = 'Mon, 06 Jan 2025 10:00:00 GMT'

test('a strong ETag proves equality, a weak one does not, a date is the fallback', () => {
  expect(validatorOf({ ...base, etag: '"a"', lastModified: date })).toBe('"a"')
  expect(validatorOf({ ...base, etag: 'W/"a"', lastModified: date })).toBe(date)
  expect(validatorOf({ ...base, etag: 'W/"a"', lastModified: null })).toBeNull()
})

test('a journal comes back as written, and anything else is none', () => {
  const path = join(tempDir(), 'm.part.json')
  const journal = { ...base, etag: null, lastModified: date }
  writeJournal(path, journal)
  expect(readJournal(path)).toEqual(journal)
  for (const text of ['', '{', '[]', '{"url":1}', '{"url":"x","size":-1,"etag":null}']) {
    writeFileSync(path, text)
    expect(readJournal(path)).toBeNull()
  }
})
