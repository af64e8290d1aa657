/** Every value that a person can set from outside, after flag > environment > default. */
export interface Settings {
  /** The process environment that child processes inherit. */
  readonly env: Readonly<Record<string, string>>
  readonly language: 'en' | 'ru'
  /** Root of all shared caches (`COMFY_CACHE_ROOT`). */
  readonly cacheRoot: string
  /** Folder of `<id>.json` specs. */
  readonly versionsDir: string
  /** The one model store; null: decided per home (see `platform/paths.ts`). */
  readonly modelsDir: string | null
  /** Folder in which homes are made; null: the first usable default. */
  readonly buildsRoot: string | null
  /** An explicit home (`--target`, `COMFY_HOME`). */
  readonly home: string | null
  /** null: not said outside, the spec's `options.offline` decides. */
  readonly offline: boolean | null
  /** null: not said outside, the spec's `options.skip_models` decides. */
  readonly skipModels: boolean | null
  readonly wheelsDir: string | null
  /** Python interpreter for new venvs: a path, a name, or a version such as `3.12`. */
  readonly python: string | null
  /** An explicit uv executable. */
  readonly uv: string | null
  readonly hfToken: string | null
  readonly civitaiToken: string | null
  readonly githubToken: string | null
  /** What stands in for `https://github.com`; null: nothing. Gets no token. */
  readonly githubEndpoint: string | null
  /** The Comfy registry's API. */
  readonly registryEndpoint: string
  /** Files transferred at once. */
  readonly downloadConcurrency: number
  /** Connections of all downloads together. */
  readonly downloadConnections: number
  /** Bytes per second of all downloads together; null: no limit. */
  readonly downloadLimit: number | null
  /** A transfer without a byte for this long is taken as dead. */
  readonly downloadStallMs: number
  /** Pause before a failed request is sent again; doubled each time. */
  readonly downloadRetryMs: number
  /** Where `hf://` sources are fetched from. */
  readonly hfEndpoint: string
  /** Where `civitai://` sources are fetched from. */
  readonly civitaiEndpoint: string
  readonly s3: S3Settings
  readonly gs: GsSettings
  /** Checkouts made at once. */
  readonly gitConcurrency: number
  /** A git request without an answer for this long is taken as dead. */
  readonly gitTimeoutMs: number
  /** How long a ComfyUI may take until it answers HTTP. */
  readonly startTimeoutMs: number
  /** How long one job may run. */
  readonly jobTimeoutMs: number
  readonly skipSpaceCheck: boolean
  readonly volume: VolumeSettings
  /** Where jobs of several machines meet: `redis://` or `rediss://`. */
  readonly redisUrl: string | null
}

/** Amazon S3 and the stores that speak its protocol. */
export interface S3Settings {
  /** null: asked of the bucket itself. */
  readonly region: string | null
  /** null: Amazon's own. */
  readonly endpoint: string | null
  /** null: anonymous first, then what profiles and the machine offer. */
  readonly keys: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken: string | null
  } | null
}

/** Google Cloud Storage. */
export interface GsSettings {
  readonly endpoint: string
  /** True for an emulator, which asks for no credentials. */
  readonly isEmulator: boolean
  /** Path of a credentials file, or the JSON itself; null: anonymous first, then the machine's. */
  readonly credentials: { readonly file: string } | { readonly json: string } | null
}

/** What somebody says about the network volume, because the filesystem shows the whole cluster's. */
export interface VolumeSettings {
  /** Where it is mounted; null: where RunPod mounts it. */
  readonly root: string | null
  /** Bytes; null: nobody said. */
  readonly quotaBytes: number | null
}
