import type { Lock } from '../../resolve/types.ts'
import type { SpecDraft } from '../../spec/draft.ts'
import type { RawEntry } from '../../spec/parse-pack-argument.ts'
import type { PackFiles } from '../state/types.ts'

/** What a new version begins with: besides the draft of its spec, what no spec can hold. */
export interface VersionDraft extends Omit<SpecDraft, 'spec'> {
  /** A draft of a spec, or a whole one that is to be judged. */
  readonly spec: SpecDraft['spec'] | RawEntry
  /** State of packs, which goes beside the spec. */
  readonly state?: readonly PackFiles[]
  /** Pins that count like those of a lock that is there. */
  readonly pins?: KnownPins
  /** Folder that was unpacked for it; whoever uses the draft removes it. */
  readonly scratch?: string
}

export interface KnownPins {
  readonly lock: Lock
  /** Text of the Python lock; null: there is none. */
  readonly pylock: string | null
}

/** Where a file came from. */
export interface ModelOrigin {
  source: string
  /** Hex, when somebody wrote it down. */
  sha256: string | null
}
