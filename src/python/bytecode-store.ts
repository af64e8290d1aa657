import { createHash } from 'node:crypto'
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { systemCode } from '../core/errors.ts'
import {
  asDiskWrite,
  randomName,
  readTextIfExists,
  statIfExists,
  writeAtomic,
} from '../platform/files.ts'
import type { WheelModule } from './wheel-modules.ts'

/** Where bytecode goes to and comes from. */
export interface BytecodePlace {
  /** `<cache>/bytecode/<cache tag>` */
  store: string
  cacheTag: string
  sitePackages: string
}

/**
 * Names a wheel by the hashes of its modules: entry points and INSTALLER differ from venv to venv.
 * null for a RECORD without hashes, of which nobody can tell whether two are the same.
 */
export function bytecodeKey(modules: readonly WheelModule[]): string | null {
  const lines = modules.map(({ line }) => line).toSorted()
  if (lines.some((line) => !line.includes(',sha256='))) return null
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/** Put the stored bytecode of a wheel into site-packages; false when the store has none. */
export function fillFromStore(place: BytecodePlace, key: string | null): boolean {
  if (key === null) return false
  const dir = entryDir(place.store, key)
  const entries = readEntries(dir)
  if (entries === null) return false
  const put = isSameExtraction(place, entries) ? putLink : putCopy
  asDiskWrite(place.sitePackages, () => {
    const made = new Set<string>()
    entries.forEach(({ module }, number) => {
      const target = pycOf(place, module)
      makeFolder(dirname(target), made)
      put(join(dir, `${number}.pyc`), target, join(place.sitePackages, module))
    })
  })
  return true
}

/** Keep what was compiled in a venv: links in a staged folder, renamed when it is whole. */
export function saveToStore(
  place: BytecodePlace,
  key: string | null,
  modules: readonly WheelModule[],
): void {
  if (key === null) return
  const dir = entryDir(place.store, key)
  const staged = `${dir}.${randomName()}.tmp`
  asDiskWrite(
    dir,
    () => {
      mkdirSync(staged, { recursive: true })
      const entries = modules.flatMap(({ path }) => compiledEntry(place, path))
      entries.forEach(({ module }, number) =>
        linkOrCopy(pycOf(place, module), join(staged, `${number}.pyc`)),
      )
      const list = entries.map(({ module, sourceMs }) => `${sourceMs} ${module}\n`)
      writeAtomic(join(staged, LIST), list.join(''))
      renameUnlessThere(staged, dir)
    },
    () => rmSync(staged, { recursive: true, force: true }),
  )
}

/**
 * An entry of the store is a folder of `<number>.pyc` and a list with one line for each: the
 * modification time of its source in milliseconds, and the module. Bytecode is valid for a source
 * of that second, so for one extraction of the wheel, whose files all venvs share as hard links.
 */
interface Entry {
  module: string
  sourceMs: string
}

const LIST = 'modules.txt'

function entryDir(store: string, key: string): string {
  return join(store, key.slice(0, 2), key)
}

function readEntries(dir: string): Entry[] | null {
  const lines = readTextIfExists(join(dir, LIST))?.split('\n').slice(0, -1)
  if (lines === undefined) return null
  return lines.map((line) => {
    const space = line.indexOf(' ')
    return { sourceMs: line.slice(0, space), module: line.slice(space + 1) }
  })
}

/** All files of a wheel are written within one extraction, so one of them speaks for all. */
function isSameExtraction(place: BytecodePlace, [first]: readonly Entry[]): boolean {
  return first === undefined || sourceTime(place, first.module) === first.sourceMs
}

function sourceTime(place: BytecodePlace, module: string): string {
  return String(statIfExists(join(place.sitePackages, module))?.mtimeMs)
}

function pycOf({ sitePackages, cacheTag }: BytecodePlace, module: string): string {
  const file = `${basename(module, '.py')}.${cacheTag}.pyc`
  return join(sitePackages, dirname(module), '__pycache__', file)
}

function makeFolder(dir: string, made: Set<string>): void {
  if (made.has(dir)) return
  mkdirSync(dir, { recursive: true })
  made.add(dir)
}

function putLink(from: string, to: string, source: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      rmSync(to)
      putLink(from, to, source)
    } else if (cannotLink(error)) putCopy(from, to, source)
    else throw error
  }
}

/** A copy whose header names the time of this source: magic, flags, seconds, size, 4 bytes each. */
function putCopy(from: string, to: string, source: string): void {
  const bytes = readFileSync(from)
  const stats = statIfExists(source)
  if (stats === null || bytes.length < 16) return
  bytes.writeUInt32LE(Math.floor(stats.mtimeMs / 1000) >>> 0, 8)
  rmSync(to, { force: true })
  writeFileSync(to, bytes)
}

/** Nothing for a module that did not compile. */
function compiledEntry(place: BytecodePlace, module: string): Entry[] {
  if (statIfExists(pycOf(place, module)) === null || module.includes('\n')) return []
  return [{ module, sourceMs: sourceTime(place, module) }]
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (!cannotLink(error)) throw error
    copyFileSync(from, to)
  }
}

/** Another filesystem, a filesystem without links, or too many links to one file. */
function cannotLink(error: unknown): boolean {
  return ['EXDEV', 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(systemCode(error) ?? '')
}

function renameUnlessThere(staged: string, dir: string): void {
  try {
    renameSync(staged, dir)
  } catch (error) {
    // another process was faster, with the same bytes
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error
    rmSync(staged, { recursive: true, force: true })
  }
}
