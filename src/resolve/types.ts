import type { LockModel } from '../spec/types.ts'

export type { LockModel } from '../spec/types.ts'

/** The resolved spec: `<cache root>/resolved/<id>.lock.json`. Exact commits, exact model targets. */
export interface Lock {
  schema_version: 1
  version_id: string
  comfy: LockRepo
  custom_nodes: LockPack[]
  models: LockModel[]
  python_packages: string[]
  env: Record<string, string>
  options: { offline: boolean; skip_models: boolean }
}

export interface LockRepo {
  repo: string
  ref: string | null
  /** 40-hex; null only when resolved offline without knowing it. */
  commit: string | null
}

export interface LockPack extends LockRepo {
  name: string
  install_requirements: boolean
}
