import type { NoteCode } from '../core/notes.ts'
import type { RawSpec } from './schema.ts'

/** What another tool's file, an install on disk or a workflow tells of a version. */
export interface SpecDraft {
  /** In the written form of a spec; what is not known is absent. */
  readonly spec: DraftSpec
  /** What was found and has no place in a spec, or is not certain: listed, never dropped silently. */
  readonly notes: readonly DraftNote[]
}

export type DraftSpec = Partial<
  Pick<RawSpec, 'comfy' | 'models' | 'python_packages' | 'env' | 'options'>
> & { custom_nodes?: DraftPack[] }

/** An entry of `custom_nodes`: a repository, or with `registry` a package of the registry. */
export interface DraftPack {
  repo?: string
  ref?: string
  commit?: string
  registry?: string
  version?: string
  /** Folder of the repository that is the pack. */
  subdir?: string
  name?: string
}

export interface DraftNote {
  readonly code: NoteCode
  /** What it is about: a pack, a file, a node type, a key of the imported file. */
  readonly subject: string
  /** Values and names, no prose: the text of the code says what they mean. */
  readonly detail: string
}
