import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failureOf } from '../../test/helpers/failure.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { createLocalFolder } from './local-folder.ts'
import type { Artifact } from './types.ts'

const facts = { type: 'output', nodeId: '9', key: 'images', size: 5, mime: 'image/png' } as const

test('a file is copied under its name, whole, with its sha256', async () => {
  const dir = join(tempDir('sink'), 'made', 'on demand')
  const source = writeSource('bytes')
  const stored = await store(dir, { ...facts, kind: 'file', name: 'a.png', path: source })
  expect(stored).toEqual({
    ...facts,
    name: 'a.png',
    location: join(dir, 'a.png'),
    sha256: createHash('sha256').update('bytes').digest('hex'),
  })
  expect(readFileSync(stored.location, 'utf8')).toBe('bytes')
  expect(statSync(stored.location).ino).not.toBe(statSync(source).ino)
  expect(readdirSync(dir)).toEqual(['a.png'])
})

test('a text becomes a file', async () => {
  const dir = tempDir('sink')
  const stored = await store(dir, { ...facts, kind: 'text', name: '9-text-0.txt', text: 'слово' })
  expect(readFileSync(stored.location, 'utf8')).toBe('слово')
})

test('a taken name gets a number, also under concurrency, and nothing is overwritten', async () => {
  const dir = tempDir('sink')
  writeFileSync(join(dir, 'a.png'), 'mine')
  const path = writeSource('bytes')
  const artifact = { ...facts, kind: 'file', name: 'a.png', path } as const
  const stored = await Promise.all([1, 2, 3].map(() => store(dir, artifact)))
  expect(stored.map(({ name }) => name).toSorted()).toEqual(['a-1.png', 'a-2.png', 'a-3.png'])
  expect(readFileSync(join(dir, 'a.png'), 'utf8')).toBe('mine')
  expect(readdirSync(dir)).toHaveLength(4)
})

test('a folder that cannot be written is DISK_WRITE', async () => {
  const file = writeSource('a file, not a folder')
  const artifact = { ...facts, kind: 'text', name: 'a.txt', text: '' } as const
  const failure = await failureOf(store(join(file, 'below'), artifact))
  expect(failure).toMatchObject({ code: 'DISK_WRITE' })
  const early = createLocalFolder(join(file, 'below')).check(createTestCtx().ctx)
  expect(await failureOf(early)).toMatchObject({ code: 'DISK_WRITE' })
})

test('a check makes nothing', async () => {
  const parent = tempDir('sink')
  await createLocalFolder(join(parent, 'new/and deep')).check(createTestCtx().ctx)
  expect(readdirSync(parent)).toEqual([])
})

function store(dir: string, artifact: Artifact) {
  return createLocalFolder(dir).store(createTestCtx().ctx, artifact)
}

function writeSource(text: string): string {
  const path = join(tempDir('comfy'), 'source.png')
  writeFileSync(path, text)
  return path
}
