import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ComfypinError } from '../core/errors.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { extractZip } from './extract-zip.ts'
import { writeZip, type ZipFileEntry } from './write-zip.ts'

function entry(name: string, content: string | Uint8Array, mode = 0o644): ZipFileEntry {
  return { name, mode, read: () => Buffer.from(content) }
}

async function unpacked(file: string): Promise<string> {
  const dir = tempDir('unzipped')
  await extractZip(createTestCtx().ctx, file, dir, {
    ...{ maxEntries: 100, maxBytes: 10 * 1024 ** 2, maxRatio: null },
    modeOf: (mode) => mode & 0o777,
    refused: (reason) => new ComfypinError('INTERNAL', { reason }),
  })
  return dir
}

describe('a zip that was written', () => {
  const random = crypto.getRandomValues(new Uint8Array(60_000))
  const entries = [
    entry('a.txt', 'hello'),
    entry('folder/стили 1.csv', 'x'.repeat(100_000), 0o600),
    entry('folder/empty', ''),
    entry('tool.sh', '#!/bin/sh\n', 0o755),
    entry('noise', random),
  ]

  test('is read again with names, bytes and modes', async () => {
    const file = join(tempDir('zip'), 'a.zip')
    writeZip(file, entries)
    const dir = await unpacked(file)
    for (const { name, mode, read } of entries) {
      expect(readFileSync(join(dir, name)).equals(read() ?? Buffer.alloc(0))).toBe(true)
      expect(statSync(join(dir, name)).mode & 0o777).toBe(mode)
    }
    expect(statSync(file).size).toBeLessThan(62_000)
  })

  test('is one for other programs too, checksums included', (ctx) => {
    const file = join(tempDir('zip'), 'a.zip')
    writeZip(file, entries)
    try {
      execFileSync('python3', ['-m', 'zipfile', '-t', file])
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') ctx.skip('python3')
      throw error
    }
    expect(existsSync(file)).toBe(true)
  })

  test('is private, and the same bytes each time', () => {
    const dir = tempDir('zip')
    for (const name of ['a.zip', 'b.zip']) writeZip(join(dir, name), entries)
    const [a, b] = [readFileSync(join(dir, 'a.zip')), readFileSync(join(dir, 'b.zip'))]
    expect(a.equals(b)).toBe(true)
    expect(statSync(join(dir, 'a.zip')).mode & 0o777).toBe(0o600)
  })

  test('leaves out what is gone when its turn comes', async () => {
    const file = join(tempDir('zip'), 'a.zip')
    const gone = { name: 'gone', mode: 0o644, read: () => null }
    writeZip(file, [gone, entry('a', '1')])
    expect(readdirSync(await unpacked(file))).toEqual(['a'])
  })

  test('replaces the old one in one step, or not at all', () => {
    const dir = tempDir('zip')
    const file = join(dir, 'a.zip')
    writeFileSync(file, 'old')
    const failing: ZipFileEntry = {
      name: 'b',
      mode: 0o644,
      read: () => {
        throw new Error('unreadable')
      },
    }
    expect(() => writeZip(file, [entry('a', '1'), failing])).toThrow('unreadable')
    expect(readFileSync(file, 'utf8')).toBe('old')
    expect(readdirSync(dir)).toEqual(['a.zip'])
  })
})
