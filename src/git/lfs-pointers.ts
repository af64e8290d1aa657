import { openSync, readSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { lstatIfExists } from '../platform/files.ts'
import type { IndexEntry } from './list-index.ts'
import { runGit } from './run-git.ts'

/** A small text that stands for a file in Git LFS. */
export interface LfsPointer {
  /** Below the tree. */
  path: string
  /** sha256 of the content. */
  oid: string
  sizeBytes: number
}

/** The specification allows no longer ones. */
const MAX_POINTER_BYTES = 1024

/** Files of a tree that was just checked out and hold a pointer where `.gitattributes` say LFS. */
export async function findPointers(
  ctx: Ctx,
  { store, dir, index }: { store: string; dir: string; index: string },
  entries: readonly IndexEntry[],
): Promise<LfsPointer[]> {
  // Most repositories have no such line, and asking git costs a process.
  const attributes = entries.filter(({ path }) => /(^|\/)\.gitattributes$/.test(path))
  if (
    !attributes.some(({ path }) => /\bfilter\s*=\s*lfs\b/.test(readStart(join(dir, path), 1 << 20)))
  )
    return []
  const files = entries.filter(({ mode }) => mode.startsWith('100')).map(({ path }) => path)
  const tracked = await trackedFiles(ctx, store, index, files)
  return tracked.flatMap((path) => {
    const pointer = readPointer(join(dir, path))
    return pointer === null ? [] : [{ path, ...pointer }]
  })
}

async function trackedFiles(
  ctx: Ctx,
  store: string,
  index: string,
  files: readonly string[],
): Promise<string[]> {
  const result = await runGit(
    ctx,
    [`--git-dir=${store}`, 'check-attr', '--cached', '-z', '--stdin', 'filter'],
    { env: { GIT_INDEX_FILE: index }, input: files.map((path) => `${path}\0`).join('') },
  )
  // Records of three: path, attribute, value.
  const fields = result.stdout.split('\0')
  return fields.filter((_, at) => at % 3 === 0 && fields[at + 2] === 'lfs')
}

/** What a file points to; null: it is no pointer. */
export function readPointer(file: string): Omit<LfsPointer, 'path'> | null {
  const stats = lstatIfExists(file)
  if (stats === null || !stats.isFile() || stats.size > MAX_POINTER_BYTES) return null
  return parsePointer(readStart(file, MAX_POINTER_BYTES))
}

/** @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
export function parsePointer(text: string): Omit<LfsPointer, 'path'> | null {
  if (!/^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\/v1\r?\n/.test(text))
    return null
  const oid = /^oid sha256:([0-9a-f]{64})\r?$/m.exec(text)?.[1]
  const size = /^size (\d{1,15})\r?$/m.exec(text)?.[1]
  return oid === undefined || size === undefined ? null : { oid, sizeBytes: Number(size) }
}

function readStart(path: string, length: number): string {
  if (lstatIfExists(path)?.isFile() !== true) return ''
  const block = Buffer.alloc(length)
  const fd = openSync(path, 'r')
  try {
    return block.toString('utf8', 0, readSync(fd, block))
  } finally {
    closeSync(fd)
  }
}
