import type { Ctx } from '../core/context.ts'

/** One output of a job. Nothing is ever joined: a job with two images has two artifacts (R123). */
export type Artifact = FileArtifact | TextArtifact

interface ArtifactFacts {
  /** File name without folders. */
  name: string
  /** Which of ComfyUI's folders it belongs to; `temp` and `input` files are previews. */
  type: 'output' | 'temp' | 'input'
  /** The workflow's node that made it. */
  nodeId: string
  /** The node's own word for it: `images`, `gifs`, `audio`, `text`, … */
  key: string
  /** Bytes. */
  size: number
  mime: string
}

export interface FileArtifact extends ArtifactFacts {
  kind: 'file'
  /** Its real path, inside ComfyUI's folder of that type. */
  path: string
}

export interface TextArtifact extends ArtifactFacts {
  kind: 'text'
  text: string
}

/** Where artifacts go. A sink keeps what it is given: two artifacts never share a place. */
export interface Sink {
  /** What a report calls this sink. */
  readonly name: string
  /** Fail now rather than after the work (R130). */
  check(ctx: Ctx): Promise<void>
  store(ctx: Ctx, artifact: Artifact): Promise<StoredArtifact>
}

export interface StoredArtifact extends ArtifactFacts {
  /** The place, in the sink's terms: a path, a URL. */
  location: string
  sha256: string
}
