import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { readMarker } from './marker.ts'

function homeWith(text: string): string {
  const home = tempDir('home')
  writeFileSync(join(home, '.comfypin.json'), text)
  return home
}

test('a marker of this tool is read', () => {
  const home = homeWith('{"schema":1,"tool":"comfypin","version_id":"main"}')
  expect(readMarker(home)).toMatchObject({ version_id: 'main' })
})

test.each([
  ['cut off', '{"schema":1,"tool":"comf'],
  ['empty', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['a text', '"comfypin"'],
  ["another tool's", '{"schema":1,"tool":"comfy-cli"}'],
  ["a newer tool's", '{"schema":2,"tool":"comfypin"}'],
])('a marker that is %s counts as none', (_, text) => {
  expect(readMarker(homeWith(text))).toBeNull()
})

test('where there is no home there is no marker', () => {
  const dir = tempDir()
  expect(readMarker(join(dir, 'nothing'))).toBeNull()
  writeFileSync(join(dir, 'file'), '')
  expect(readMarker(join(dir, 'file'))).toBeNull()
})

test('a marker that cannot be read is a failure, not an absence', () => {
  const home = tempDir('home')
  mkdirSync(join(home, '.comfypin.json'))
  expect(() => readMarker(home)).toThrow(/EISDIR/)
})
