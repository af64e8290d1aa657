import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { lstatIfExists, readlinkIfExists, readTextIfExists, writeAtomic } from './files.ts'
import { hashFile } from './hash-file.ts'

/**
 * What the index of a checkout does not speak for, by path below it: every file of a registry
 * package, the LFS files of a repository, the files of its submodules.
 */
export interface TreeFiles {
  files: Readonly<Record<string, FileFact>>
  /** Files whose content was not to be had. */
  missing: readonly MissingFile[]
  /** Folders that hold nothing but these files (default none). */
  folders?: readonly string[]
}

export interface FileFact {
  /** Of the content; of a link, of what it says. */
  sha256: string
  /** Default false. */
  isLink?: true
  executable: boolean
  /** While these two hold, the content is not read again. */
  size: number
  mtimeMs: number
}

export interface MissingFile {
  path: string
  /** The submodule's repository, without logins; null: the checkout's own. */
  repo: string | null
  reason: string
}

export function factOf(path: string, sha256: string): FileFact {
  const stats = lstatIfExists(path)
  return {
    sha256,
    executable: ((stats?.mode ?? 0) & 0o111) !== 0,
    size: stats?.size ?? 0,
    mtimeMs: stats?.mtimeMs ?? 0,
  }
}

/** Facts of every file and link of a folder, but those that are known already. */
export async function factsOfFolder(
  ctx: Ctx,
  dir: string,
  known: TreeFiles['files'],
): Promise<TreeFiles['files']> {
  const facts: Record<string, FileFact> = {}
  for (const path of filesIn(dir).filter((one) => !Object.hasOwn(known, one))) {
    const full = join(dir, path)
    const target = readlinkIfExists(full)
    facts[path] =
      target === null
        ? factOf(full, await hashFile(ctx, full, 'sha256'))
        : { ...factOf(full, hashOf(target)), isLink: true }
  }
  return facts
}

/**
 * Those of the files that are gone, or have another content or mode than they were written with, and
 * what was added to the folders (bytecode apart).
 */
export async function changedAmong(
  ctx: Ctx,
  tree: string,
  { files, folders = [] }: Pick<TreeFiles, 'files' | 'folders'>,
): Promise<string[]> {
  const changed: string[] = []
  for (const [path, fact] of Object.entries(files))
    if (!(await isUnchanged(ctx, join(tree, path), fact))) changed.push(path)
  const added = folders.flatMap((folder) => filesIn(tree, folder))
  return [...changed, ...added.filter((path) => !Object.hasOwn(files, path))]
}

/** Files and links below a folder, as paths below `dir`. */
function filesIn(dir: string, below = ''): string[] {
  if (lstatIfExists(join(dir, below))?.isDirectory() !== true) return []
  return readdirSync(join(dir, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.name === '__pycache__' || entry.name.endsWith('.pyc')) return []
    return entry.isDirectory() ? filesIn(dir, path) : [path]
  })
}

async function isUnchanged(ctx: Ctx, path: string, fact: FileFact): Promise<boolean> {
  if (fact.isLink === true) return hashOf(readlinkIfExists(path) ?? '') === fact.sha256
  const stats = lstatIfExists(path)
  if (stats === null || !stats.isFile() || stats.size !== fact.size) return false
  if (((stats.mode & 0o111) !== 0) !== fact.executable) return false
  return stats.mtimeMs === fact.mtimeMs || (await hashFile(ctx, path, 'sha256')) === fact.sha256
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** null: there is no such file, or it is not one of ours. */
export function readTreeFiles(path: string): TreeFiles | null {
  const text = readTextIfExists(path)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isTreeFiles(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null // then every file of it counts as changed
    throw error
  }
}

export function writeTreeFiles(path: string, tree: TreeFiles): void {
  writeAtomic(path, `${JSON.stringify({ schema: 1, ...tree })}\n`)
}

/** Our own file, written in one piece: its first field says whether the rest can be relied upon. */
function isTreeFiles(value: unknown): value is TreeFiles {
  return typeof value === 'object' && value !== null && 'schema' in value && value.schema === 1
}
