import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import { ComfypinError } from '../core/errors.ts'
import {
  asDiskWrite,
  diskErrorOr,
  freeBytes,
  isDiskComplaint,
  linkAtomic,
  lstatIfExists,
  randomName,
  readlinkIfExists,
  readTextIfExists,
  statIfExists,
  writeAtomic,
} from './files.ts'

describe('reading', () => {
  const dir = tempDir()
  const [file, folder, broken] = ['file', 'folder', 'broken'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(file, 'text')
  mkdirSync(folder)
  symlinkSync('/nowhere', broken)
  const absent = [join(dir, 'absent'), join(file, 'below a file')]

  test('what is there gives it', () => {
    expect(readTextIfExists(file)).toBe('text')
    expect(statIfExists(folder)?.isDirectory()).toBe(true)
    expect(lstatIfExists(broken)?.isSymbolicLink()).toBe(true)
    expect(readlinkIfExists(broken)).toBe('/nowhere')
  })

  test.each([...absent, join(dir, 'x'.repeat(300))])('%s gives nothing', (path) => {
    const look = [readTextIfExists, statIfExists, lstatIfExists, readlinkIfExists]
    expect(look.map((read) => read(path))).toEqual([null, null, null, null])
  })

  test('a link to nothing has no text, and what is no link has no target', () => {
    expect(readTextIfExists(broken)).toBeNull()
    expect(statIfExists(broken)).toBeNull()
    expect(readlinkIfExists(file)).toBeNull()
    expect(readlinkIfExists(folder)).toBeNull()
  })

  test('what cannot be read is a failure, not an absence', () => {
    expect(() => readTextIfExists(folder)).toThrow(/EISDIR/)
  })
})

describe('an atomic write', () => {
  test('makes the file and its folders, and leaves nothing else', () => {
    const path = join(tempDir(), 'a/b/file.json')
    writeAtomic(path, 'new')
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readdirSync(join(path, '..'))).toEqual(['file.json'])
    expect(statSync(path).mode & 0o777).toBe(0o644 & ~process.umask())
  })

  test('takes bytes, long text and a mode', () => {
    const dir = tempDir()
    writeAtomic(join(dir, 'bytes'), new Uint8Array([0, 255]), 0o600)
    expect([...readFileSync(join(dir, 'bytes'))]).toEqual([0, 255])
    expect(statSync(join(dir, 'bytes')).mode & 0o777).toBe(0o600)
    const long = 'я'.repeat(1 << 20)
    writeAtomic(join(dir, 'long'), long)
    expect(readFileSync(join(dir, 'long'), 'utf8')).toBe(long)
  })

  test('never changes the old file: who reads it reads it to its end', () => {
    const dir = tempDir()
    const path = join(dir, 'file')
    writeFileSync(path, 'old and long')
    linkSync(path, join(dir, 'elsewhere'))
    const reader = openSync(path, 'r')
    writeAtomic(path, 'new')
    expect(readFileSync(reader, 'utf8')).toBe('old and long')
    closeSync(reader)
    expect(readFileSync(join(dir, 'elsewhere'), 'utf8')).toBe('old and long')
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  test('takes the place of a link and leaves what it led to alone', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'theirs'), 'theirs')
    symlinkSync('theirs', join(dir, 'mine'))
    writeAtomic(join(dir, 'mine'), 'mine')
    expect(readFileSync(join(dir, 'theirs'), 'utf8')).toBe('theirs')
    expect(readlinkIfExists(join(dir, 'mine'))).toBeNull()
  })

  test('that fails leaves everything as it was', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'folder/inside'), { recursive: true })
    expect(thrownBy(() => writeAtomic(join(dir, 'folder'), 'text'))).toMatchObject({
      code: 'DISK_WRITE',
      params: { path: join(dir, 'folder') },
    })
    expect(readdirSync(dir, { recursive: true })).toEqual(['folder', 'folder/inside'])
  })
})

describe('an atomic link', () => {
  test('is made, and leads elsewhere the next time', () => {
    const path = join(tempDir(), 'links/a')
    linkAtomic('/one', path)
    linkAtomic('/two', path)
    expect(readlinkSync(path)).toBe('/two')
    expect(readdirSync(join(path, '..'))).toEqual(['a'])
  })

  test('never takes the place of a folder', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'folder/inside'), { recursive: true })
    expect(thrownBy(() => linkAtomic('/one', join(dir, 'folder'))).code).toBe('DISK_WRITE')
    expect(readdirSync(dir, { recursive: true })).toEqual(['folder', 'folder/inside'])
  })
})

describe('a failure', () => {
  const failure = (code: string) => Object.assign(new Error(`${code}: it failed`), { code })

  test.each(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'ENOTDIR', 'EEXIST'])(
    '%s names what could not be written, and is undone',
    (code) => {
      let undone = false
      const write = () => {
        throw failure(code)
      }
      const error = thrownBy(() => asDiskWrite('/the/path', write, () => (undone = true)))
      expect(error).toMatchObject({ code: 'DISK_WRITE', params: { path: '/the/path' } })
      expect(error.message).toContain(`${code}: it failed`)
      expect(undone).toBe(true)
    },
  )

  test('that is none of the disk stays what it is', () => {
    const defects = [failure('ENOENT'), new TypeError('a defect'), 'text']
    expect(defects.map((defect) => diskErrorOr(defect, '/p'))).toEqual(defects)
  })

  test('that has a name keeps it', () => {
    const named = new ComfypinError(
      'DISK_FULL',
      { path: '/a', free: '1', needed: '2' },
      {
        cause: failure('ENOSPC'),
      },
    )
    expect(diskErrorOr(named, '/p')).toBe(named)
  })
})

test('what programs say of a full disk is understood', () => {
  expect(isDiskComplaint('fatal: write error: No space left on device')).toBe(true)
  expect(isDiskComplaint('OSError: [Errno 30] Read-only file system')).toBe(true)
  expect(isDiskComplaint('fatal: repository not found')).toBe(false)
})

test('free space is that of the filesystem, of a folder yet to be made too', () => {
  const dir = tempDir()
  expect(freeBytes(dir)).toBeGreaterThan(0)
  expect(freeBytes(join(dir, 'not/there/yet'))).toBeGreaterThan(0)
})

test('names of staged files do not repeat and need no quotes', () => {
  const names = Array.from({ length: 1000 }, randomName)
  expect(new Set(names).size).toBe(1000)
  expect(names.every((name) => /^[0-9a-f]{12}$/.test(name))).toBe(true)
})
