import { pinText } from '../resolve/pin-text.ts'
import type { Lock, LockModel, LockPack, LockRepo } from '../resolve/types.ts'
import type { LoadedSpec } from '../resolve/load-spec.ts'
import type { Spec, SpecPack, SpecRepo } from '../spec/types.ts'
import type { InstalledPackage, LockedPackage } from '../python/types.ts'

/** One thing that two versions can have alike or not. */
export interface Fact {
  part: DiffPart
  name: string
  /** A line of text; equal texts mean equal things. */
  value: string
}

export type DiffPart =
  | 'core'
  | 'pack'
  | 'model'
  | 'requirement'
  | 'package'
  | 'python'
  | 'env'
  | 'option'
  | 'other'

/** What a spec asks for, pinned or not. */
export function specFacts({ spec, models }: LoadedSpec): Fact[] {
  const { schema_version: _, version_id: _id, comfy, custom_nodes, models: _models, ...rest } = spec
  return [
    { part: 'core', name: 'core', value: wanted(comfy) },
    ...custom_nodes.map((pack) => packFact(pack, wantedPack(pack))),
    ...models.map(({ model, target_path }) =>
      modelFact({ ...model, root: model.target.root, target_path }),
    ),
    ...commonFacts(rest),
  ]
}

/** What a lock pins, without the Python packages, which have a lock of their own. */
export function lockFacts(lock: Lock): Fact[] {
  const { schema_version: _, version_id: _id, comfy, custom_nodes, models, ...rest } = lock
  return [
    { part: 'core', name: 'core', value: pinned(comfy) },
    ...custom_nodes.map((pack) => packFact(pack, pinText(pack))),
    ...models.map(modelFact),
    ...commonFacts(rest),
  ]
}

export function packageFacts(packages: readonly (LockedPackage | InstalledPackage)[]): Fact[] {
  return packages.map((found) => {
    const commit = 'commit' in found ? found.commit : null
    const value = [found.version ?? '', ...(commit === null ? [] : [commit])].join(' ').trim()
    return { part: 'package', name: found.name, value }
  })
}

function commonFacts({
  python_packages: lines,
  env,
  options,
  ...rest
}: Pick<Spec | Lock, 'python_packages' | 'env' | 'options'>): Fact[] {
  return [
    ...lines.map((line): Fact => ({ part: 'requirement', name: line, value: line })),
    ...Object.entries(env).map(([name, value]): Fact => ({ part: 'env', name, value })),
    ...Object.entries(options).map(([name, value]): Fact => ({
      part: 'option',
      name,
      value: String(value),
    })),
    // what a newer format has beside these counts too
    ...Object.entries(rest).map(([name, value]): Fact => ({
      part: 'other',
      name,
      value: JSON.stringify(value),
    })),
  ]
}

function packFact(
  { name, install_requirements: installs }: SpecPack | LockPack,
  pin: string,
): Fact {
  return { part: 'pack', name, value: `${pin}${installs ? '' : ' without its requirements'}` }
}

function modelFact({ root, target_path, source, checksum }: LockModel): Fact {
  const sum = checksum === null ? '' : ` ${checksum.algorithm}:${checksum.hex}`
  const name = `${root === 'home' ? '$COMFY_HOME/' : ''}${target_path}`
  return { part: 'model', name, value: `${source}${sum}` }
}

function wanted({ repo, ref, commit }: SpecRepo): string {
  const pin = commit ?? ref
  return pin === null ? repo : `${repo}@${pin}`
}

function wantedPack({ repo, ref, commit, subdir, registry }: SpecPack): string {
  if (registry !== null) return `registry:${registry.id}@${registry.version ?? '*'}`
  return `${wanted({ repo: repo ?? '', ref, commit })}${subdir === null ? '' : ` ${subdir}`}`
}

function pinned({ repo, commit }: LockRepo): string {
  return `${repo}@${commit ?? '?'}`
}
