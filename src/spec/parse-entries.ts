import { resolve } from 'node:path'
import { isNestedTooDeep } from '../platform/nesting.ts'
import { expandHome } from '../platform/settings.ts'
import { absoluteSource, isRemote, parseModelArgument } from './parse-model-argument.ts'
import { parsePackArgument, type PackArgument, type RawEntry } from './parse-pack-argument.ts'

/** The two lists of a spec that can be given in pieces. */
export type Part = 'custom_nodes' | 'models'

export interface ReadEntries {
  entries: PackArgument[]
  /** What each entry that cannot be read should be, after its place: `[2]: a git repository…`. */
  problems: string[]
}

/**
 * Entries of a list as JSON or YAML data has them: objects in the form of a spec, or texts as on the
 * command line. Their own keys are judged by the spec's parser later.
 * @param base where relative paths start
 */
export function readEntries(part: Part, list: readonly unknown[], base: string): ReadEntries {
  const read = list.map((value) => readEntry(part, value, base))
  return {
    entries: read.filter((one) => typeof one !== 'string'),
    problems: read.flatMap((one, at) => (typeof one === 'string' ? [`[${at}]: ${one}`] : [])),
  }
}

/** One value of the command line: JSON (an object or a list), or the short form of a pack or model. */
export function readArgument(part: Part, text: string, cwd: string): ReadEntries {
  if (!/^\s*[[{]/.test(text)) {
    const read = readEntry(part, text, cwd)
    return typeof read === 'string'
      ? { entries: [], problems: [read] }
      : { entries: [read], problems: [] }
  }
  const value = isNestedTooDeep(text, 'json') ? undefined : parseJson(text)
  if (value === undefined) return { entries: [], problems: ['JSON'] }
  return readEntries(part, Array.isArray(value) ? value : [value], cwd)
}

/** The data of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** True for an object that is no list. */
export function isRecord(value: unknown): value is RawEntry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readEntry(part: Part, value: unknown, base: string): PackArgument | string {
  if (isRecord(value)) return { entry: absolutize(value, base), tree: null }
  if (typeof value !== 'string') return 'an object or a text'
  if (part === 'custom_nodes') return parsePackArgument(value, base)
  const entry = parseModelArgument(value, base)
  return typeof entry === 'string' ? entry : { entry, tree: null }
}

/** The spec will stand in another folder, so paths cannot stay relative. */
function absolutize(entry: RawEntry, base: string): RawEntry {
  const { repo, source } = entry
  return {
    ...entry,
    ...(typeof repo === 'string' && repo !== '' && !isRemote(repo)
      ? { repo: resolve(base, expandHome(repo)) }
      : {}),
    ...(typeof source === 'string' && source !== ''
      ? { source: absoluteSource(source, base) }
      : {}),
  }
}
