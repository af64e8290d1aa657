import { readdirSync, readFileSync, type Dirent, type Stats } from 'node:fs'
import { systemCode } from '../core/errors.ts'
import { statIfExists } from './files.ts'

/**
 * The text of a file that somebody else made; null when there is none, when it is no plain file (a
 * pipe would never end), too large, or not to be read.
 */
export function readSmallText(path: string, maxBytes: number): string | null {
  return orNone(() => {
    const stats = statIfExists(path)
    if (stats === null || !stats.isFile() || stats.size > maxBytes) return null
    return readFileSync(path, 'utf8')
  }, null)
}

/** Names in a folder in a fixed order; none when it is no folder or not to be read. */
export function namesOrNone(dir: string): string[] {
  return orNone(() => readdirSync(dir).toSorted(), [])
}

/** What stands at a path, links followed; null when nothing does, or nothing that can be reached. */
export function statOrNone(path: string): Stats | null {
  return orNone(() => statIfExists(path), null)
}

/** Entries at any depth below a folder, links not followed; none when it is not to be read. */
export function entriesBelow(dir: string): Dirent[] {
  return orNone(() => readdirSync(dir, { recursive: true, withFileTypes: true }), [])
}

function orNone<T>(read: () => T, none: T): T {
  try {
    return read()
  } catch (error) {
    if (UNREADABLE.includes(systemCode(error) ?? '')) return none
    throw error
  }
}

const UNREADABLE = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'EINVAL']
