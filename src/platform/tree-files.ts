import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { lstatIfExists, readTextIfExists, writeAtomic } from './files.ts'
import { hashFile } from './hash-file.ts'

/**
 * What comfypin itself wrote into a checkout, by path below it: every file of a registry package,
 * the LFS files of a repository.
 */
export interface TreeFiles {
  files: Readonly<Record<string, FileFact>>
  /** Files whose content was not to be had. */
  missing: readonly MissingFile[]
}

export interface FileFact {
  sha256: string
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

/** Those of the files that are gone, or have another content or mode than they were written with. */
export async function changedAmong(
  ctx: Ctx,
  tree: string,
  files: TreeFiles['files'],
): Promise<string[]> {
  const changed: string[] = []
  for (const [path, fact] of Object.entries(files))
    if (!(await isUnchanged(ctx, join(tree, path), fact))) changed.push(path)
  return changed
}

async function isUnchanged(ctx: Ctx, path: string, fact: FileFact): Promise<boolean> {
  const stats = lstatIfExists(path)
  if (stats === null || !stats.isFile() || stats.size !== fact.size) return false
  if (((stats.mode & 0o111) !== 0) !== fact.executable) return false
  return stats.mtimeMs === fact.mtimeMs || (await hashFile(ctx, path, 'sha256')) === fact.sha256
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

export function writeTreeFiles(path: string, { files, missing }: TreeFiles): void {
  writeAtomic(path, `${JSON.stringify({ schema: 1, files, missing })}\n`)
}

/** Our own file, written in one piece: its first field says whether the rest can be relied upon. */
function isTreeFiles(value: unknown): value is TreeFiles {
  return typeof value === 'object' && value !== null && 'schema' in value && value.schema === 1
}
