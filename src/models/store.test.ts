import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { sourceKey } from './record-name.ts'
import { indexDir } from './store-layout.ts'
import { readIndex, readRecord, writeRecord, type SourceRecord } from './store.ts'

const record: SourceRecord = {
  source: 'https://huggingface.co/org/repo/resolve/main/a.pt',
  path: 'loras/a.pt',
  size: 3,
  etag: '"x"',
  sha256: null,
}

test('a record is found by every spelling of its source and by its path', () => {
  const dir = tempDir()
  writeRecord(dir, record)
  expect(readRecord(dir, 'hf://org/repo/a.pt')).toEqual(record)
  expect(readRecord(dir, 'https://huggingface.co/org/repo/blob/main/a.pt')).toEqual(record)
  expect(readRecord(dir, 'hf://org/repo/b.pt')).toBeNull()
  expect(readIndex(dir).recordAt('loras/a.pt')).toEqual(record)
  expect(readIndex(dir).recordAt('loras/b.pt')).toBeNull()
})

test('a source has one record, and a path belongs to one source', () => {
  const dir = tempDir()
  writeRecord(dir, record)
  writeRecord(dir, { ...record, path: 'checkpoints/a.pt' })
  const other = { ...record, source: 'https://a.org/a.pt', path: 'checkpoints/a.pt' }
  writeRecord(dir, other)
  expect(readdirSync(indexDir(dir))).toHaveLength(1)
  expect(readIndex(dir).recordOf(sourceKey(record.source))).toBeNull()
  expect(readIndex(dir).recordAt('checkpoints/a.pt')).toEqual(other)
})

test('a record that is damaged or was renamed says nothing', () => {
  const dir = tempDir()
  writeRecord(dir, record)
  const [name = ''] = readdirSync(indexDir(dir))
  const forged = name.replace(/^.{64}/, sourceKey('https://a.org/other.pt'))
  renameSync(join(indexDir(dir), name), join(indexDir(dir), forged))
  expect(readRecord(dir, 'https://a.org/other.pt')).toBeNull()
  writeFileSync(join(indexDir(dir), name), '{"source":')
  expect(readRecord(dir, record.source)).toBeNull()
  writeFileSync(join(indexDir(dir), 'README'), 'not a record')
  expect(readRecord(dir, record.source)).toBeNull()
})
