/** The absolute path of a uv executable. */
export type Uv = string

/** An interpreter as it described itself. */
export interface PythonInterpreter {
  /** Absolute path of the executable. */
  path: string
  /** `3.11.7` */
  version: string
  /** `sys.platform`: `linux`, `darwin`. */
  platform: string
  /** `platform.machine()`: `x86_64`, `aarch64`, `arm64`. */
  machine: string
}

/** Whose requirements they are; the label that messages show. */
export type Owner = string

/** What one owner asks for, as lines that uv may read. */
export interface RequirementSource {
  owner: Owner
  /** The file that says so, or null for the spec's `python_packages`. */
  file: string | null
  lines: readonly string[]
  /** Bounds on packages that someone else may pull in (pip's `-c`). */
  constraints: readonly string[]
}

export interface LockedPackage {
  /** Normalized (PEP 503). */
  name: string
  /** null where only a build could tell. */
  version: string | null
  /** The commit, for a package that comes from git. */
  commit: string | null
}

/** Packages that own the same files, reduced to one of them. */
export interface AppliedOverride {
  kept: string
  removed: readonly string[]
}

export interface InstalledPackage {
  /** Normalized (PEP 503). */
  name: string
  version: string
  /** The `*.dist-info` folder. */
  distInfo: string
}
