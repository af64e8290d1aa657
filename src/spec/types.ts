/** A validated spec: the user's `versions/<id>.json` with defaults filled in. Field names follow the file. */
export interface Spec {
  schema_version: 2
  version_id: string
  comfy: SpecRepo
  custom_nodes: SpecPack[]
  models: SpecModel[]
  python_packages: string[]
  /** Requirements that replace whatever anybody asks of these packages (uv's overrides). */
  python_overrides: string[]
  python_twins: TwinMode
  /** Applied to install steps and to ComfyUI, after expansion of `${VAR}`. */
  env: Record<string, string>
  options: SpecOptions
}

export interface SpecOptions {
  offline: boolean
  skip_models: boolean
  /** Copies of the interpreter and of the packages; absent: links, which cost nothing. */
  venv_mode?: 'copies' | undefined
}

/** Packages that own the same files, such as the opencv builds: one of them, or all as asked for. */
export type TwinMode = 'one' | 'all'

export interface SpecRepo {
  repo: string
  ref: string | null
  /** 40-hex, or a branch or tag name that resolve pins with a warning (R21). */
  commit: string | null
}

/** Comes from a git repository or from the registry: exactly one of `repo` and `registry` is not null. */
export interface SpecPack extends Omit<SpecRepo, 'repo'> {
  repo: string | null
  /** Folder of the repository that is the pack; null: the repository is. */
  subdir: string | null
  registry: SpecRegistry | null
  /** Folder name in `custom_nodes/`. */
  name: string
  install_requirements: boolean
  /** Folder with the state that a new home's copy starts with, relative to the spec; null: none. */
  state: string | null
}

export interface SpecRegistry {
  /** Id in the Comfy registry. */
  id: string
  /** Exact version or a range as in npm; null: the newest. */
  version: string | null
}

export interface SpecModel {
  source: string
  /** File name, or null when only the source can tell (civitai). */
  name: string | null
  /** Where it goes, or null for the model store's top folder. */
  target: ModelTarget
  checksum: Checksum | null
}

/** `root` is the model store or the home; `path` has forward slashes, no `..`, and ends with the folder. */
export interface ModelTarget {
  root: 'models' | 'home'
  /** Folder below the root; '' is the root itself. */
  dir: string
}

export interface Checksum {
  algorithm: 'sha256' | 'md5'
  hex: string
}

/** A model of the lock: its exact place is known. */
export interface LockModel {
  source: string
  /** Relative path with forward slashes below `root`, file name included. */
  target_path: string
  root: 'models' | 'home'
  checksum: Checksum | null
}

/** One thing that is wrong in a spec. */
export interface Problem {
  path: readonly (string | number)[]
  expected: string
  found: string
}
