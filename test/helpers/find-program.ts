import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where servers lie that are not on everybody's PATH. */
const SERVERS = ['/usr/sbin', '/usr/local/sbin']

/** The first of these programs that is installed, as a path; null: none is. */
export function findProgram(...names: readonly string[]): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVERS]
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return paths.find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // only asked
  }
}
