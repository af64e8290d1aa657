import type { PackFiles } from './types.ts'

/** The state that a command took, by names alone: settings of packs hold tokens too. */
export interface TakenState {
  pack: string
  /** Paths below the pack's folder. */
  files: string[]
  /** Bytes. */
  size: number
}

export function shownState(packs: readonly PackFiles[]): TakenState[] {
  return packs.map(({ pack, files }) => ({
    pack,
    files: files.map(({ path }) => path),
    size: files.reduce((sum, { size }) => sum + size, 0),
  }))
}
