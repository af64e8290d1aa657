import { readdirSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { checkArchiveNames } from '../platform/archive-names.ts'
import { lstatIfExists } from '../platform/files.ts'
import { isWithin } from '../platform/paths.ts'
import type { LoadedSpec } from '../resolve/load-spec.ts'

/** Where a spec keeps the state of a pack: what a home's first copy of it starts with. */
export interface SeedPlace {
  /** Folder of the spec, which the seed may not leave. */
  root: string
  dir: string
}

export interface SeedFile {
  /** Below the pack's folder. */
  path: string
  /** Bytes. */
  size: number
}

/** By name of the pack, for those whose entry has `state`. */
export function seedPlaces({ file, spec }: Pick<LoadedSpec, 'file' | 'spec'>): Seeds {
  const root = dirname(resolve(file))
  return new Map(
    spec.custom_nodes.flatMap(({ name, state }) =>
      state === null ? [] : [[name, { root, dir: join(root, state) }] as const],
    ),
  )
}

export type Seeds = ReadonlyMap<string, SeedPlace>

/** @throws STATE_UNUSABLE */
export function readSeed(pack: string, place: SeedPlace): SeedFile[] {
  const read = inspectSeed(place)
  if (typeof read !== 'string') return read
  throw new ComfypinError('STATE_UNUSABLE', { name: pack, path: place.dir, reason: read })
}

/**
 * Every file of a seed, or why it cannot be used. It may have come with a repository of strangers:
 * only plain files with plain names, inside of the spec's folder.
 */
export function inspectSeed({ root, dir }: SeedPlace): SeedFile[] | string {
  return placeProblem(root, dir) ?? listFiles(dir)
}

function placeProblem(root: string, dir: string): string | null {
  try {
    if (!isWithin(realpathSync(root), realpathSync(dir))) return 'it leads out of its folder'
    return lstatIfExists(realpathSync(dir))?.isDirectory() === true ? null : 'it is no folder'
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'there is no such folder'
    if (systemCode(error) === null) throw error
    return reasonOf(error)
  }
}

/** The files, or what is wrong with one of them. */
function listFiles(dir: string): SeedFile[] | string {
  const names = checkArchiveNames()
  const files: SeedFile[] = []
  const walk = (below: string): string | null => {
    for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.name === '__pycache__') continue
      const wrong = entry.isDirectory()
        ? walk(path)
        : entry.isFile()
          ? names.add(path)
          : `${JSON.stringify(path)} is no plain file or folder`
      if (wrong !== null) return wrong
      if (entry.isFile()) files.push({ path, size: lstatIfExists(join(dir, path))?.size ?? 0 })
    }
    return null
  }
  try {
    return walk('') ?? files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  } catch (error) {
    if (systemCode(error) === null) throw error
    return reasonOf(error)
  }
}
