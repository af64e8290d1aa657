import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expandHome } from '../platform/settings.ts'
import type { RawEntry } from './parse-pack-argument.ts'

/** Keys of a model on the command line, with the key of a spec that each stands for. */
const KEYS = new Map([
  ['source', 'source'],
  ['url', 'source'],
  ['name', 'name'],
  ['subdir', 'target_subdir'],
  ['target_subdir', 'target_subdir'],
  ['path', 'target_path'],
  ['target_path', 'target_path'],
  ['checksum', 'checksum'],
  ['sha256', 'checksum'],
  ['md5', 'checksum'],
])

const KEY = [...KEYS.keys()].join('|')
const PAIRS = new RegExp(`^(?:${KEY})=`)
/** A comma of a URL is no end of it: only one that a key follows. */
const BETWEEN = new RegExp(`,(?=(?:${KEY})=)`)

/**
 * Read a model from the command line: a source alone, or `source=…,subdir=…,name=…,sha256=…`.
 * @param cwd where relative paths start
 * @returns text of what was expected when it cannot be read
 */
export function parseModelArgument(text: string, cwd: string): RawEntry | string {
  const trimmed = text.trim()
  if (trimmed === '') return 'the source of a model'
  if (!PAIRS.test(trimmed)) return { source: absoluteSource(trimmed, cwd) }
  const entry: Record<string, string> = {}
  for (const pair of trimmed.split(BETWEEN)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2)
    const key = KEYS.get(name) ?? name
    if (Object.hasOwn(entry, key)) return `"${name}" once`
    if (value === '') return `a value for "${name}"`
    entry[key] = name === 'sha256' || name === 'md5' ? `${name}:${value}` : value
  }
  if (entry['source'] === undefined) return 'source=… among the parts'
  return { ...entry, source: absoluteSource(entry['source'], cwd) }
}

/** What is neither a URL nor `scheme:` is a path; a spec is read from another folder than this. */
export function absoluteSource(source: string, base: string): string {
  const relativeFile = /^file:(?!\/)(.+)$/i.exec(source)?.[1]
  if (relativeFile !== undefined)
    return `file:${resolve(pathToFileURL(base).pathname, expandHome(relativeFile))}`
  return isRemote(source) ? source : resolve(base, expandHome(source))
}

/** True for `scheme:…` and `host:path`. */
export function isRemote(address: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(address) || /^[^/\s]+:/.test(address)
}
