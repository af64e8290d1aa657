import type { ModelPresence } from '../models/types.ts'
import type { AppliedOverride, InstalledPackage, LockedPackage } from '../python/types.ts'
import type { ScriptRequirements } from './step.ts'

/** What is on disk, as far as a plan needs to know. */
export interface Facts {
  core: CheckoutState
  /** By pack name. */
  packs: ReadonlyMap<string, CheckoutState>
  /** Bytes of the archives of registry packs, by pack name, as far as somebody knows them. */
  archives: ReadonlyMap<string, number>
  /** Checkouts and venvs (paths) that already have bytecode for the venv's interpreter. */
  compiled: ReadonlySet<string>
  pythonLock: {
    current: boolean
    packages: readonly LockedPackage[] | null
    twins: readonly AppliedOverride[]
    scripts: readonly ScriptRequirements[]
  }
  venv: { state: 'absent' | 'other-python' | 'ready'; installed: readonly InstalledPackage[] }
  /** By index in the lock's models. */
  models: readonly ModelPresence[]
  /** Links to models that the last realize made in the home, as paths below it. */
  placed: readonly string[]
  /** Folders of `custom_nodes` by name that hold nothing but such links. */
  hollow: ReadonlySet<string>
  /** Entries of `custom_nodes`: a link's target, `dir` for anything else. */
  entries: ReadonlyMap<string, { link: string } | 'dir'>
  /** Copies of packs that this home owns, wanted or not: name → the checkout they were made from. */
  copies: ReadonlyMap<string, string>
  /** Packs by name that need a copy: a model or state goes into them, or nobody saw that they leave their folder alone. */
  needCopy: ReadonlySet<string>
  /** Packs by name whose copy nobody needs: it holds nothing but its checkout's files and links that leave. */
  idle: ReadonlySet<string>
  /** Packs by name whose copy lacks files that their checkout got later. */
  behind: ReadonlySet<string>
  /** Packs by name that the import check has to look at. */
  unchecked: readonly string[]
  /** Folders and generated files are as they should be. */
  homeCurrent: boolean
  coreCurrent: boolean
}

/**
 * `present`: whole in the cache; `partial`: whole but for LFS files that were not to be had;
 * `changed`: whole, and somebody changed its files since; `fetch`: the repository is there;
 * `archive`: the archive of a registry package is there; `clone`: nothing is.
 */
export type CheckoutState =
  | 'present'
  | 'partial'
  | 'changed'
  | 'fetch'
  | 'archive'
  | 'clone'
  | 'unknown'
