import { join } from 'node:path'
import { readTextIfExists, statIfExists } from '../platform/files.ts'
import { minorOf } from './pylock.ts'

export interface Venv {
  dir: string
  /** Its own `bin/python`. */
  python: string
  /** `3.11.7`: of the interpreter it was made from. */
  version: string
  sitePackages: string
}

/** The venv in `dir`, or null when there is none that runs: no `pyvenv.cfg`, or its Python is gone. */
export function readVenv(dir: string): Venv | null {
  const config = readTextIfExists(join(dir, 'pyvenv.cfg'))
  const version = /^version(?:_info)? = (\d+\.\d+\.\d+)/m.exec(config ?? '')?.[1]
  if (version === undefined) return null
  const python = join(dir, 'bin', 'python')
  const sitePackages = join(dir, 'lib', `python${minorOf(version)}`, 'site-packages')
  if (statIfExists(python) === null || statIfExists(sitePackages) === null) return null
  return { dir, python, version, sitePackages }
}
