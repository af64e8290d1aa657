import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Allocated bytes below some folders; a file with several links counts once.
 * @param skip names of folders that are left out, with all below them
 * @param data count plain files alone, without folders and links
 */
export function allocatedBytes(dirs, { skip = [], data = false } = {}) {
  const seen = new Set()
  let bytes = 0
  const visit = (path) => {
    const stats = lstatSync(path)
    if (!seen.has(stats.ino) && (stats.isFile() || !data)) bytes += stats.blocks * 512
    seen.add(stats.ino)
    if (!stats.isDirectory()) return
    for (const name of readdirSync(path)) if (!skip.includes(name)) visit(join(path, name))
  }
  dirs.forEach(visit)
  return bytes
}

/** Symbolic links below a folder that do not fit into their inode, the venv's left out. */
export function linkBlocks(dir) {
  const links = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink() && !entry.parentPath.includes('.venv'))
    .map((entry) => lstatSync(join(entry.parentPath, entry.name)).blocks * 512)
    .filter((bytes) => bytes > 0)
  return { count: links.length, bytes: links.reduce((sum, bytes) => sum + bytes, 0) }
}
