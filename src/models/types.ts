/** A source as its text alone tells it: no settings, no network. */
export type SourceAddress = FileAddress | RemoteAddress

interface AddressBase {
  /**
   * One spelling for all that mean the same bytes, without credentials: the identity of a model
   * (R46). Independent of mirrors.
   */
  readonly canonical: string
  /** A safe file name, or null when only the server knows one. */
  readonly fileName: string | null
}

export interface FileAddress extends AddressBase {
  readonly kind: 'file'
  /** Absolute. */
  readonly path: string
}

export interface RemoteAddress extends AddressBase {
  readonly kind: 'http' | 'huggingface' | 'civitai'
  /** What is asked for; may carry what the user put into its query. */
  readonly url: string
  /** Login that the address itself carried (`user:password@`), as an `authorization` header. */
  readonly authorization: string | null
}

/** A source that is ready to be fetched with the settings of this process. */
export type Source = FileSource | RemoteSource

interface SourceBase {
  /** What the spec says; names the source in messages. */
  readonly text: string
  /** Hex sha256 of the canonical address: the key in the model store. */
  readonly key: string
}

export type FileSource = FileAddress & SourceBase

export type RemoteSource = Omit<RemoteAddress, 'authorization'> &
  SourceBase & {
    /** For the host of `url` alone (R59). */
    readonly headers: Readonly<Record<string, string>>
    /** What to do about a status that refuses, in the user's language (R67). */
    readonly hintFor: (status: number | 'page') => string
  }

/** What is known about one model of a lock without asking the network. */
export interface ModelPresence {
  readonly present: boolean
  /** True when no network is needed: it is a file source, or the store has the bytes elsewhere. */
  readonly local: boolean
  /** Absolute target. */
  readonly path: string
  /** Bytes, when known here. */
  readonly size: number | null
}

/** The two roots that a model's target can lie under. */
export interface ModelRoots {
  readonly modelsDir: string
  readonly home: string
}
