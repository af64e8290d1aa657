/**
 * Folder beside the spec of a version that holds the state of its packs. It carries the id, so that it
 * has one owner: a spec never reads, and `delete` never removes, what belongs to another version.
 */
export function stateRoot(id: string): string {
  return `${id}.state`
}

/** What the spec calls the folder of one pack. */
export function stateFolder(id: string, pack: string): string {
  return `${stateRoot(id)}/${pack}`
}

/** True for a plain path (see `plainSubdir`) below the version's own folder. */
export function isStateFolder(path: string, id: string): boolean {
  return path.startsWith(`${stateRoot(id)}/`)
}
