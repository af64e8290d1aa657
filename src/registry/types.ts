/** One version of a pack in the Comfy registry, pinned by the bytes of its archive. */
export interface RegistryPin {
  /** Registry id. */
  id: string
  version: string
  /** Where the archive (a zip) is downloaded from. */
  url: string
  /** Of the archive. */
  sha256: string
}

/** What the registry says of one version. */
export interface RegistryVersion {
  version: string
  status: 'active' | 'pending' | 'flagged' | 'banned' | 'deleted'
  deprecated: boolean
  /** null: the registry gives none. */
  url: string | null
}
