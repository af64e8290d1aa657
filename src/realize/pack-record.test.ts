import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { isRecordValid, readPackRecord, writePackRecord, type PackRecord } from './pack-record.ts'

const record: PackRecord = {
  schema: 1,
  ok: true,
  reason: null,
  nodes: ['LoadThing'],
  seconds: 0.1,
  writes: ['config.json'],
  context: 'core and packages',
}

test('a record is read as it was written', () => {
  const path = join(tempDir(), 'pack.json')
  expect(readPackRecord(path)).toBeNull()
  writePackRecord(path, record)
  expect(readPackRecord(path)).toEqual(record)
})

test.each(['', '{', 'null', '[]', '{"schema":2,"writes":[]}', '{"schema":1}'])(
  'a record that says %j is made again',
  (text) => {
    const path = join(tempDir(), 'pack.json')
    writeFileSync(path, text)
    expect(readPackRecord(path)).toBeNull()
  },
)

test('a good import holds everywhere, a failed one only for the same core and packages', () => {
  const failed = { ...record, ok: false, reason: 'no module named x' }
  expect(isRecordValid(null, record.context)).toBe(false)
  expect(isRecordValid(record, 'others')).toBe(true)
  expect(isRecordValid(record, null)).toBe(true)
  expect(isRecordValid(failed, failed.context)).toBe(true)
  expect(isRecordValid(failed, 'others')).toBe(false)
  expect(isRecordValid(failed, null)).toBe(false)
})
