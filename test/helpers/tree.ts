import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Path below a folder → what tells one state of a file or link from another. */
export type Tree = ReadonlyMap<string, string>

/** Every file and link below a folder: inode, size and time, or the target. Folders are not listed. */
export function treeOf(dir: string): Tree {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return new Map(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [relative(dir, path), stateOf(path)]),
  )
}

/** Paths that differ between two states, each with `+`, `-` or `~` in front. */
export function difference(before: Tree, after: Tree): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return paths.flatMap((path) => {
    if (!before.has(path)) return [`+ ${path}`]
    if (!after.has(path)) return [`- ${path}`]
    return before.get(path) === after.get(path) ? [] : [`~ ${path}`]
  })
}

function stateOf(path: string): string {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) return `-> ${readlinkSync(path)}`
  return `${stats.ino}:${stats.size}:${stats.mtimeMs}`
}
