import { machine } from 'node:os'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { readTextIfExists } from '../platform/files.ts'
import { expandHome } from '../platform/settings.ts'
import { normalizeName } from '../python/package-names.ts'
import { tablesOf } from '../python/pylock.ts'

/** Package → address of its wheel. */
export type WheelMap = ReadonlyMap<string, string>

/**
 * Which package comes from which wheel: a JSON object `{"name": "address or path"}`, or a
 * `pylock.toml` of this platform, whose wheels are taken. Paths start at the map's folder.
 * @throws WHEEL_MAP_INVALID
 */
export function readWheelMap(file: string): WheelMap {
  const text = read(file)
  const entries = /^\s*\{/.test(text) ? fromJson(text, file) : fromPylock(text)
  if (entries.length === 0) throw invalid(file, 'it names no wheel')
  return new Map(entries.map(([name, where]) => [packageName(file, name), addressOf(file, where)]))
}

type Entry = readonly [name: string, where: string]

function read(file: string): string {
  let text: string | null
  try {
    text = readTextIfExists(file)
  } catch (error) {
    if (systemCode(error) === null) throw error
    throw invalid(file, reasonOf(error), error)
  }
  if (text === null) throw invalid(file, 'it does not exist')
  return text
}

const mapSchema = z.record(z.string(), z.string())

function fromJson(text: string, file: string): Entry[] {
  try {
    return Object.entries(mapSchema.parse(JSON.parse(text)))
  } catch (error) {
    if (!(error instanceof z.ZodError) && !(error instanceof SyntaxError)) throw error
    const [issue] = error instanceof z.ZodError ? error.issues : [error]
    throw invalid(file, issue?.message ?? '', error)
  }
}

/** Packages whose wheel nobody can tell from its siblings are left to the index. */
function fromPylock(text: string): Entry[] {
  return tablesOf(text).flatMap((table): Entry[] => {
    const name = /^name = "([^"]+)"$/m.exec(table)?.[1]
    const wheels = [...table.matchAll(/\b(?:url|path) = "([^"]+\.whl)"/g)].map(
      ([, where = '']) => where,
    )
    const fitting = wheels.length === 1 ? wheels : wheels.filter(runsHere)
    const [wheel] = fitting
    return name === undefined || wheel === undefined || fitting.length > 1 ? [] : [[name, wheel]]
  })
}

function runsHere(wheel: string): boolean {
  return wheel.endsWith('-any.whl') || wheel.includes(`_${machine()}`)
}

function packageName(file: string, name: string): string {
  if (/^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/.test(name)) return normalizeName(name)
  throw invalid(file, `"${name}" is not a package name`)
}

/** A line of a requirements file is made of it, so nothing else may be in it. */
function addressOf(file: string, where: string): string {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(where) && !/\p{Cc}/u.test(where))
    return pathToFileURL(resolve(dirname(file), expandHome(where))).href
  if (/^(?:https?|file):\/\/\S+$/i.test(where)) return where
  throw invalid(file, `"${where}" is not an address`)
}

function invalid(file: string, reason: string, cause?: unknown): ComfypinError {
  return new ComfypinError('WHEEL_MAP_INVALID', { file, reason }, { cause })
}
