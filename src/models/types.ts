import type { Digest } from '../platform/hash-file.ts'

/** A source as its text alone tells it: no settings, no network. */
export type SourceAddress = FileAddress | RemoteAddress | BucketAddress

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

export interface BucketAddress extends AddressBase {
  readonly kind: 'gs' | 's3'
  readonly bucket: string
  /** Name within the bucket, as it is: nothing in it is escaped. */
  readonly object: string
  /** One version of the object: `versionId` of S3, `generation` of Google; null: the newest. */
  readonly revision: string | null
  /** S3 alone: what the source's own query says. */
  readonly region: string | null
  readonly endpoint: string | null
}

/** A source that is ready to be asked with the settings of this process. */
export type Source = FileSource | RemoteSource | BucketSource

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
    /**
     * What to do about a status that refuses, in the user's language (R67).
     * @param code what a hub says beside the status, in `x-error-code`
     */
    readonly hintFor: (status: number | 'page', code?: string) => string
  }

export type BucketSource = BucketAddress & SourceBase

/** What a source says about its file when it is asked. */
export interface SourceFacts {
  /** Bytes; null when it does not say. */
  readonly size: number | null
  /** The name it gives the file; null when it gives none that is safe. */
  readonly fileName: string | null
  /** What it says of the content; null when it says nothing that can be checked. */
  readonly checksum: Digest | null
}

/** Facts, and where the bytes are right now. */
export interface Offer extends SourceFacts, FileUrl {
  /** The hint for a status that refuses; `page` when a web page came instead of a file. */
  readonly describe: (status: number | 'page') => string
  /** Asks the source for another address, when this one is not for ever. */
  readonly renew: (() => Promise<FileUrl>) | null
}

export interface FileUrl {
  readonly url: string
  /** For the host of `url` alone (R59). */
  readonly headers: Readonly<Record<string, string>>
}

/** What is known about one model of a lock without asking the network. */
export interface ModelPresence {
  /** Where it comes from, as the lock says. */
  readonly source: string
  /** ComfyUI's name for the kind of model; null for one that lies inside a pack. */
  readonly category: string | null
  readonly present: boolean
  /**
   * How it gets to its target: `present`: it is there; `link`: to bytes that the store has; `adopt`:
   * a file that stands there is checked; `fetch`: its bytes have to come.
   */
  readonly way: 'present' | 'link' | 'adopt' | 'fetch'
  /** True when no network is needed: it is a file source, or the store has the bytes elsewhere. */
  readonly local: boolean
  /** Absolute target. */
  readonly path: string
  /** Bytes, when known here. */
  readonly size: number | null
  /** Bytes of an unfinished download that are on the disk already. */
  readonly arrived: number
}

/** The two roots that a model's target can lie under. */
export interface ModelRoots {
  readonly modelsDir: string
  readonly home: string
}
