import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { sweepParts } from './sweep-parts.ts'

const journal = JSON.stringify({ url: 'https://a.org/m', size: 9, etag: null, lastModified: null })

test('parts that nobody continued for a week go; young and foreign ones stay', () => {
  const dir = tempDir()
  const days = (count: number) => new Date(Date.now() - count * 24 * 3_600_000)
  const put = (name: string, text: string, age: number) => {
    writeFileSync(join(dir, name), text)
    utimesSync(join(dir, name), days(age), days(age))
  }
  put('old.pt.part', 'x', 8)
  put('old.pt.part.json', journal, 8)
  put('slow.pt.part', 'x', 1)
  put('slow.pt.part.json', journal, 8)
  put('foreign.pt.part', 'x', 99)
  put('other.part.json', '{"name":"not ours"}', 99)
  const removed = sweepParts(createTestCtx().ctx, [dir, dir, join(dir, 'absent')])
  expect(removed).toEqual([join(dir, 'old.pt.part')])
  expect(existsSync(join(dir, 'old.pt.part.json'))).toBe(false)
  for (const kept of ['slow.pt.part', 'slow.pt.part.json', 'foreign.pt.part', 'other.part.json'])
    expect(existsSync(join(dir, kept))).toBe(true)
})
