import type { AppliedOverride } from '../python/types.ts'
import type { TwinMode } from '../resolve/types.ts'

/** One unit of change on disk, as data. `needs` are ids of steps that must be done before. */
export type Step =
  | CheckoutStep
  | CoreStep
  | PythonLockStep
  | VenvStep
  | PackagesStep
  | BytecodeStep
  | ModelStep
  | HomeStep
  | CheckStep
  | PackStep
  | UnlinkStep

interface StepBase {
  id: string
  needs: readonly string[]
}

/** Make `<repo>@<commit>`, or a package of the registry, present in the cache. */
export interface CheckoutStep extends StepBase {
  kind: 'checkout'
  /**
   * `reuse`: whole already; `repair`: somebody changed its files; `fetch`: the repository is in the
   * cache, the commit (or an LFS file of it) is not; `clone`: neither. Of a registry package:
   * `download`, or `unpack` when its archive is here.
   */
  action: 'clone' | 'fetch' | 'download' | 'unpack' | 'repair' | 'reuse' | 'missing'
  /** null for the core. */
  pack: string | null
  /** null: a registry package. */
  repo: string | null
  commit: string | null
  registry: { id: string; version: string | null } | null
  /** Folder that is the pack; null: all of it. */
  subdir: string | null
  path: string
  /** Bytes to transfer, of a registry package that is not here; null where nobody can say. */
  size: number | null
}

/** Decide how the core runs: from its checkout, or from a private tree of hard links when it is too old. */
export interface CoreStep extends StepBase {
  kind: 'core'
  action: 'prepare' | 'reuse'
  checkout: string
  path: string
}

/** Lock the Python packages of core, packs and spec together. */
export interface PythonLockStep extends StepBase {
  kind: 'python-lock'
  action: 'resolve' | 'reuse'
  path: string
  /** The spec's `python_overrides`. */
  overrides: readonly string[]
  twins: TwinMode
  /** Packages with the same files, of which one is kept; null while the lock is not made yet. */
  reduced: readonly AppliedOverride[] | null
  /** What install scripts of packs added to the requirements; null while the lock is not made yet. */
  scripts: readonly ScriptRequirements[] | null
}

/** What the `install.py` of a pack installs for certain. */
export interface ScriptRequirements {
  pack: string
  requirements: readonly string[]
}

export interface VenvStep extends StepBase {
  kind: 'venv'
  action: 'create' | 'recreate' | 'reuse'
  path: string
  /** What was asked for; null: any that is new enough. */
  python: string | null
}

/** Make the venv hold exactly what the Python lock says. */
export interface PackagesStep extends StepBase {
  kind: 'packages'
  action: 'sync' | 'reuse'
  path: string
  /** `name==version`; null while the Python lock is not made yet. */
  add: readonly string[] | null
  remove: readonly string[] | null
}

/** Compile a checkout once for an interpreter. */
export interface BytecodeStep extends StepBase {
  kind: 'bytecode'
  action: 'compile' | 'reuse'
  path: string
}

export interface ModelStep extends StepBase {
  kind: 'model'
  /**
   * `link`: the store has the bytes under another name; `adopt`: a file that stands there is checked;
   * `skip`: models are left out, or this one goes into the folder of a pack that is not in the lock.
   */
  action: 'download' | 'copy' | 'link' | 'adopt' | 'present' | 'skip' | 'missing'
  /** Index in the lock's `models`. */
  index: number
  source: string
  path: string
  /** Bytes of the file; null when nobody can say. */
  size: number | null
  /** Bytes of it that an earlier run has written already. */
  arrived: number
}

/** Folders and generated files of the home. */
export interface HomeStep extends StepBase {
  kind: 'home'
  action: 'write' | 'reuse'
  path: string
}

/** Start once in a scratch home and learn which packs import, what they bring and whether they write. */
export interface CheckStep extends StepBase {
  kind: 'check'
  action: 'run' | 'skip'
  packs: readonly string[]
}

export interface PackStep extends StepBase {
  kind: 'pack'
  /** `place`: link or private copy, as the import check says; `remove`: no longer in the spec. */
  action: 'place' | 'reuse' | 'remove' | 'foreign' | 'missing'
  pack: string
  checkout: string | null
  path: string
}

/** Take a link to a model out of the home: nobody wants it there any more. */
export interface UnlinkStep extends StepBase {
  kind: 'unlink'
  action: 'remove'
  path: string
}

const UNCHANGED: ReadonlySet<Step['action']> = new Set([
  'reuse',
  'present',
  'skip',
  'foreign',
  'missing',
])

/** Bytes that a step will write; null when nobody can say. */
export function bytesToWrite(step: Step): number | null {
  if (step.kind !== 'model' || !['download', 'copy'].includes(step.action)) return 0
  return step.size === null ? null : Math.max(0, step.size - step.arrived)
}

/** False for a step that is only there to be shown. */
export function isChange(step: Step): boolean {
  return !UNCHANGED.has(step.action)
}
