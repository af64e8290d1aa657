import { realpathSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ComfypinError } from '../core/errors.ts'
import { statIfExists } from '../platform/files.ts'
import { isWithin } from '../platform/paths.ts'
import type { Owner } from './types.ts'

/** Where a requirement stands: files may come from below `root`; null: from anywhere, absolute. */
export interface Place {
  owner: Owner
  root: string | null
  /** What relative paths start at. */
  dir: string | null
}

/**
 * A requirement that uv may read, and the options on its line that it may not.
 * uv would expand `${VARIABLE}` into URLs, take any path of the machine and build folders in place;
 * a pack's author is not asked for that much trust.
 * @throws REQUIREMENT_REFUSED
 */
export function guardRequirement(
  place: Place,
  text: string,
): { requirement: string; ignored: string[] } {
  if (/\$\{/.test(text)) throw refuse(place.owner, text, 'variables are not expanded here')
  if (/\p{Cc}/u.test(text.replaceAll('\t', ' ')))
    throw refuse(place.owner, text, 'it has control characters')
  const [base = '', ...options] = text.split(/\s+(?=--[a-z])/)
  const hashes = options.filter((option) => option.startsWith('--hash'))
  return {
    requirement: [guardSource(place, text, base), ...hashes].join(' '),
    ignored: options.filter((option) => !option.startsWith('--hash')),
  }
}

export function refuse(owner: Owner, line: string, reason: string): ComfypinError {
  return new ComfypinError('REQUIREMENT_REFUSED', { owner, line, reason })
}

const NAMED = /^([A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?)\s*@\s*(.*)$/
const URL_LIKE = /^[a-z][a-z0-9+.-]*:/i
const SCHEMES = new Set(['https:', 'http:', 'git+https:', 'git+http:', 'git+ssh:'])

/** Only lines with a URL or a path need care; plain requirements go through as they are. */
function guardSource(place: Place, line: string, base: string): string {
  const [, name, target] = NAMED.exec(base) ?? [null, null, base]
  const [location, marker] = splitMarker(target ?? '')
  const prefix = name == null ? '' : `${name.trim()} @ `
  if (URL_LIKE.test(location)) return guardUrl(place, line, prefix, location, marker)
  if (name == null && !looksLikePath(location)) return base
  return prefix + localArchive(place, line, location) + marker
}

function splitMarker(target: string): [string, string] {
  const at = target.search(/\s;/)
  return at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at)]
}

function looksLikePath(location: string): boolean {
  const start = location.split(';')[0] ?? ''
  return /^[.~/\\]/.test(start) || /[/\\]/.test(start) || ARCHIVE.test(start)
}

function guardUrl(place: Place, line: string, prefix: string, url: string, marker: string): string {
  const scheme = url.slice(0, url.indexOf(':') + 1).toLowerCase()
  if (scheme === 'file:')
    return prefix + localArchive(place, line, pathOf(place, line, url)) + marker
  if (!SCHEMES.has(scheme)) throw refuse(place.owner, line, `${scheme} is not a known kind of URL`)
  if (/^[a-z+]+:\/\/[^/]*:[^/]*@/i.test(url) || /^(?:git\+)?https?:\/\/[^/]*@/i.test(url))
    throw refuse(place.owner, line, 'it has a login; put that into ~/.netrc')
  return prefix + url + marker
}

function pathOf(place: Place, line: string, url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    throw refuse(place.owner, line, 'the file URL is malformed')
  }
}

const ARCHIVE = /\.(?:whl|zip|tar\.(?:gz|bz2|xz)|tgz)$/i

/** The URL of a wheel or source archive; folders are refused, because uv would build inside them. */
function localArchive(place: Place, line: string, path: string): string {
  if (place.dir === null && !isAbsolute(path))
    throw refuse(place.owner, line, 'the path is not absolute')
  const full = resolve(place.dir ?? '/', path)
  if (!ARCHIVE.test(full) || statIfExists(full)?.isFile() !== true)
    throw refuse(place.owner, line, 'it names neither a package nor a wheel')
  if (place.root !== null && !isWithin(realpathSync(place.root), realpathSync(full)))
    throw refuse(place.owner, line, 'the file is outside its repository')
  return pathToFileURL(full).href
}
