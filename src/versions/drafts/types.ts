/** Where a file came from. */
export interface ModelOrigin {
  source: string
  /** Hex, when somebody wrote it down. */
  sha256: string | null
}
