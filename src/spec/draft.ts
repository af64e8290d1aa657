import type { NoteCode } from '../core/notes.ts'
import type { RawSpec } from './schema.ts'

/** What another tool's file, an install on disk or a workflow tells of a version. */
export interface SpecDraft {
  /** In the written form of a spec; what is not known is absent. */
  readonly spec: Partial<
    Pick<
      RawSpec,
      | 'comfy'
      | 'custom_nodes'
      | 'models'
      | 'python_packages'
      | 'python_overrides'
      | 'python_twins'
      | 'env'
      | 'options'
    >
  >
  /** What was found and has no place in a spec, or is not certain: listed, never dropped silently. */
  readonly notes: readonly DraftNote[]
}

export interface DraftNote {
  readonly code: NoteCode
  /** What it is about: a pack, a file, a node type, a key of the imported file. */
  readonly subject: string
  readonly detail: string
}
