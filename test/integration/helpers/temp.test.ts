import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { tempDir } from '../../helpers/temp.ts'

let ofFile = ''
let ofTest = ''

beforeAll(() => {
  ofFile = tempDir()
})

test('a folder made in a test is there while it runs', () => {
  ofTest = tempDir('mine')
  writeFileSync(join(ofTest, 'file'), '')
  expect(existsSync(ofTest)).toBe(true)
})

test('the folder of the test before is gone, the one of the file is not', () => {
  expect(existsSync(ofTest)).toBe(false)
  expect(existsSync(ofFile)).toBe(true)
})
