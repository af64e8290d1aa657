import { requireFreeSpec, writeNewSpec } from './spec-file.ts'
import { placeState } from './state/place-state.ts'
import type { PackFiles } from './state/types.ts'

export interface NewVersion {
  /** Of the spec, which names the folders of the state. */
  text: string
  state: readonly PackFiles[]
  /** Replace what is there; it is kept. */
  force: boolean
}

/**
 * Write the spec of a new version and the state that it names. The state is there first: a spec never
 * names a folder that is about to come.
 * @returns where the spec and the folder of state that were replaced are kept
 * @throws SPEC_EXISTS, FILE_EXISTS, DISK_WRITE
 */
export function writeVersion(
  file: string,
  id: string,
  { text, state, force }: NewVersion,
): { kept: string | null; keptState: string | null } {
  requireFreeSpec(file, id, force)
  const placed = placeState(file, id, state, force)
  try {
    return { kept: writeNewSpec(file, id, text, force), keptState: placed.kept }
  } catch (error) {
    placed.undo()
    throw error
  }
}
