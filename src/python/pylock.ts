import { machine } from 'node:os'
import { basename } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { normalizeName } from './package-names.ts'
import type { LockedPackage, PythonInterpreter } from './types.ts'

/**
 * The packages of a `pylock.toml` that `lockPackages` wrote. It reads uv's layout line by line:
 * a TOML parser takes 30 ms for 285 packages, more than a whole no-op realize may cost.
 * @throws LOCK_INVALID
 */
export function parsePylock(text: string, file: string): LockedPackage[] {
  if (!/^lock-version = "1\./m.test(text)) throw damaged(file, 'it has no lock-version 1.x')
  return tablesOf(text).map((table) => {
    const name = stringOf(table, 'name')
    if (name === null) throw damaged(file, 'a package has no name')
    const commit = /^vcs = \{.*\bcommit-id = "([^"]+)"/m.exec(table)?.[1] ?? null
    return { name: normalizeName(name), version: stringOf(table, 'version'), commit }
  })
}

/** The text of each `[[packages]]` table. */
export function tablesOf(text: string): string[] {
  return text.split(/^\[\[packages\]\]$/m).slice(1)
}

/**
 * Whether a lock was made for this machine and this Python (null: any): uv lists the wheels of one
 * platform and one minor version alone, so any other needs a lock of its own.
 */
export function pylockFits(text: string, pythonVersion: string | null): boolean {
  const line = /^environments = \["([^"]*)"\]$/m.exec(text)?.[1]
  const wanted = [
    ...(pythonVersion === null ? [] : [`python_version == '${minorOf(pythonVersion)}'`]),
    `sys_platform == '${process.platform}'`,
    `platform_machine == '${machine()}'`,
  ]
  return wanted.every((marker) => line?.split(' and ').includes(marker) ?? false)
}

/** PEP 751's list of environments; uv refuses to install the lock anywhere else. */
export function environmentLine(python: PythonInterpreter): string {
  const markers = [
    `python_version == '${minorOf(python.version)}'`,
    `sys_platform == '${python.platform}'`,
    `platform_machine == '${python.machine}'`,
  ]
  return `environments = ["${markers.join(' and ')}"]`
}

/** `3.11.7` → `3.11` */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

function stringOf(table: string, key: string): string | null {
  return new RegExp(`^${key} = "([^"]*)"$`, 'm').exec(table)?.[1] ?? null
}

function damaged(file: string, reason: string): ComfypinError {
  const id = basename(file).replace(/^pylock\.|\.toml$/g, '')
  return new ComfypinError('LOCK_INVALID', { file, id, reason })
}
