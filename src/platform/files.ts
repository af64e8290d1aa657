import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { ComfypinError, isComfypinError, reasonOf, systemCode } from '../core/errors.ts'

/** The text of a file, or null when there is none. */
export function readTextIfExists(path: string): string | null {
  return orNull(() => readFileSync(path, 'utf8'))
}

export function statIfExists(path: string): Stats | null {
  return orNull(() => statSync(path))
}

export function lstatIfExists(path: string): Stats | null {
  return orNull(() => lstatSync(path))
}

export function readlinkIfExists(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (isAbsent(error) || systemCode(error) === 'EINVAL') return null
    throw error
  }
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

/** What cannot be there is not there; ESRCH is of a process in /proc. */
function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ESRCH'].includes(systemCode(error) ?? '')
}

/**
 * Write a file so that readers see the old text or the new one: temporary sibling, fsync, rename.
 * @throws DISK_WRITE
 */
export function writeAtomic(path: string, text: string | Uint8Array, mode = 0o644): void {
  const staged = join(dirname(path), `.${randomName()}.tmp`)
  asDiskWrite(
    path,
    () => {
      mkdirSync(dirname(path), { recursive: true })
      const fd = openSync(staged, 'wx', mode)
      try {
        const bytes = typeof text === 'string' ? Buffer.from(text) : text
        for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renameSync(staged, path)
    },
    () => rmSync(staged, { force: true }),
  )
}

/**
 * Have `write` make a file and put it at `path`, unless something is there: `link` never replaces,
 * on NFS neither.
 * @param write makes the file at the path that it gets, on the same filesystem
 * @returns false when there is something already
 */
export function placeNew(path: string, write: (staged: string) => void): boolean {
  const staged = join(dirname(path), `.${randomName()}.tmp`)
  try {
    write(staged)
    linkSync(staged, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(staged, { force: true })
  }
}

/** Make `path` a symlink to `target`; an existing symlink is replaced in one step. */
export function linkAtomic(target: string, path: string): void {
  const staged = join(dirname(path), `.${randomName()}.tmp`)
  asDiskWrite(
    path,
    () => {
      mkdirSync(dirname(path), { recursive: true })
      symlinkSync(target, staged)
      renameSync(staged, path)
    },
    () => rmSync(staged, { force: true }),
  )
}

/** Run a write; failures of the disk become DISK_WRITE, after `undo`. */
export function asDiskWrite<T>(path: string, write: () => T, undo: () => void = () => {}): T {
  try {
    return write()
  } catch (error) {
    undo()
    throw diskErrorOr(error, path)
  }
}

/** DISK_WRITE for a failure of the disk that nobody named yet; anything else as it is. */
export function diskErrorOr(error: unknown, path: string): unknown {
  if (isComfypinError(error) || !isDiskFailure(error)) return error
  return new ComfypinError('DISK_WRITE', { path, reason: reasonOf(error) }, { cause: error })
}

/** What programs say when the disk is the reason (git, uv, Python). */
export function isDiskComplaint(text: string): boolean {
  return /no space left on device|disk quota exceeded|read-only file system|file too large/i.test(
    text,
  )
}

/** True for failures that the disk, its permissions or what stands there already explain. */
export function isDiskFailure(error: unknown): boolean {
  return DISK_FAILURES.includes(systemCode(error) ?? '')
}

const DISK_FAILURES = [
  ...['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'EFBIG'],
  ...['ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG'],
]

export function randomName(): string {
  // The global loads its module on first use; an import of node:crypto would slow every start.
  return Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString('hex')
}

/** Free bytes for a user of the filesystem under `path`, or null when nobody can say. */
export function freeBytes(path: string): number | null {
  for (let at = path; ; at = dirname(at)) {
    const stats = orNull(() => statfsSync(at))
    if (stats !== null) return stats.bavail * stats.bsize
    if (dirname(at) === at) return null
  }
}
