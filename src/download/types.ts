import type { HttpAgents } from '../platform/open-url.ts'
import type { Digest } from '../platform/hash-file.ts'
import type { Checksum } from '../spec/types.ts'

/** One file to bring from an HTTP server to a place on disk. */
export interface TransferRequest {
  /** Names the transfer in events. */
  readonly id: string
  /** Names it in messages: what the user wrote. */
  readonly source: string
  readonly url: string
  /** Credentials and the like: sent to the host of `url` alone. */
  readonly headers: Readonly<Record<string, string>>
  /** Absolute path; `<target>.part` and `<target>.part.json` stand beside it meanwhile. */
  readonly target: string
  /** What somebody already said about the size; another size is an error. */
  readonly expectedSize: number | null
  readonly checksum: Digest | null
  /** The hint for a status that refuses; `page` when a web page came instead of a file. */
  readonly describe: (status: number | 'page') => string
  /**
   * Another address for the same file, asked for when `url` has expired (401, 403, 410 after it has
   * worked); null: `url` is for ever.
   */
  readonly renew: (() => Promise<Address>) | null
  /** Connections shared by a group of transfers; null: own ones. */
  readonly agents: HttpAgents | null
  /**
   * Called when the file is whole, checked and at `target`. The promise resolves when the disk has it,
   * too; if the machine stops before, the next call goes on with what the disk has.
   */
  readonly onLanded?: () => void
}

/** Where the bytes are asked for. */
export interface Address {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface TransferResult {
  /** Of the file. */
  readonly size: number
  /** Bytes that came over the network in this call. */
  readonly received: number
  readonly etag: string | null
  /** Verified, when the request's checksum is one. */
  readonly sha256: string | null
}

/** One file to copy from this machine's own disks. */
export interface CopyRequest {
  readonly id: string
  /** Absolute path. */
  readonly from: string
  readonly target: string
  readonly checksum: Checksum | null
  /** As in `TransferRequest`. */
  readonly onLanded?: () => void
}
