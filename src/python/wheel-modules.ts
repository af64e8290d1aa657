import { join } from 'node:path'
import { readTextIfExists } from '../platform/files.ts'

export interface WheelModule {
  /** Below site-packages. */
  path: string
  /** The whole line of RECORD: path, hash and size. */
  line: string
}

/** The Python modules of an installed package, by its RECORD (the wheel format's list of files). */
export function wheelModules(distInfo: string): WheelModule[] {
  return (readTextIfExists(join(distInfo, 'RECORD')) ?? '')
    .split(/\r?\n/)
    .map((line) => ({ line, path: recordPath(line) }))
    .filter(({ path }) => path.endsWith('.py') && isBelow(path))
}

/** RECORD is CSV; only paths with commas or quotes are quoted. */
function recordPath(line: string): string {
  const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1]
  return quoted === undefined ? line.slice(0, line.indexOf(',')) : quoted.replaceAll('""', '"')
}

function isBelow(path: string): boolean {
  return !path.startsWith('/') && !path.split('/').includes('..')
}
