import type { DraftNote } from '../../spec/draft.ts'

/** The state of one pack: what its folder holds besides the pack itself. */
export interface PackFiles {
  /** Folder in `custom_nodes`. */
  readonly pack: string
  readonly files: readonly StateFile[]
}

/** A file of the state, where it lies now. */
export interface StateFile {
  /** Below the pack's folder. */
  readonly path: string
  /** Absolute. */
  readonly from: string
  /** Bytes. */
  readonly size: number
  /** Unix mode without its type. */
  readonly mode: number
}

export interface FoundState {
  readonly packs: readonly PackFiles[]
  /** What was not taken. */
  readonly notes: readonly DraftNote[]
}
