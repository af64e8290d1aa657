import type { RegistryPin } from '../registry/types.ts'
import type { LockModel, SpecOptions, TwinMode } from '../spec/types.ts'

export type { LockModel, TwinMode } from '../spec/types.ts'

/** The resolved spec: `<cache root>/resolved/<id>.lock.json`. Exact commits, exact model targets. */
export interface Lock {
  schema_version: 1
  version_id: string
  comfy: LockCore
  custom_nodes: LockPack[]
  models: LockModel[]
  python_packages: string[]
  python_overrides: string[]
  python_twins: TwinMode
  env: Record<string, string>
  options: SpecOptions
}

export interface LockRepo {
  /** null: a registry pack. */
  repo: string | null
  ref: string | null
  /** 40-hex; null only when resolved offline without knowing it. */
  commit: string | null
}

export interface LockCore extends LockRepo {
  repo: string
}

/**
 * Comes from a git repository or from the registry: exactly one of `repo` and `registry` is not
 * null. `subdir` and `registry` are written only where they are not null, so that locks from before
 * they existed keep their bytes.
 */
export interface LockPack extends LockRepo {
  /** Folder of the repository that is the pack. */
  subdir: string | null
  registry: LockRegistry | null
  name: string
  install_requirements: boolean
}

/** Without a version only when resolved offline without knowing it. */
export type LockRegistry = RegistryPin | { id: string; version: null; url: null; sha256: null }
