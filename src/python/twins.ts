import { overriddenNames } from './overrides.ts'
import { compareReleases, requirementName } from './package-names.ts'
import { SPEC_OWNER } from './requirements.ts'
import type { AppliedOverride, LockedPackage, RequirementSource } from './types.ts'

interface TwinGroup {
  /** Packages that own the same files: installed together, the last one wins and removal breaks all. */
  names: readonly string[]
  kept(packages: readonly LockedPackage[]): string
}

const GROUPS: readonly TwinGroup[] = [
  {
    names: [
      'opencv-python',
      'opencv-python-headless',
      'opencv-contrib-python',
      'opencv-contrib-python-headless',
    ],
    // has every module and needs no display
    kept: () => 'opencv-contrib-python-headless',
  },
  {
    names: ['onnxruntime', 'onnxruntime-gpu'],
    kept: (packages) => (hasCpuTorch(packages) ? 'onnxruntime' : 'onnxruntime-gpu'),
  },
]

export interface TwinOverride extends AppliedOverride {
  /** Every other member, present or not: none may come back through a dependency. */
  banned: readonly string[]
  /** The oldest of the resolved twins: everybody's upper bound holds for it. */
  atMost: string
}

/**
 * One override per group of which the resolution has more than one member.
 * @param overrides the spec's own: who names a twin there has chosen it
 */
export function twinOverrides(
  packages: readonly LockedPackage[],
  sources: readonly RequirementSource[],
  overrides: readonly string[],
): TwinOverride[] {
  const own = overriddenNames(overrides)
  return GROUPS.flatMap((group) => {
    const found = packages.filter(({ name }) => group.names.includes(name))
    const [oldest] = found.flatMap(({ version }) => version ?? []).toSorted(compareReleases)
    if (found.length < 2 || oldest === undefined) return []
    const kept = chosenBySpec(group, sources, own) ?? group.kept(packages)
    const banned = group.names.filter((name) => name !== kept && !own.has(name))
    const removed = found.map(({ name }) => name).filter((name) => banned.includes(name))
    return removed.length === 0 ? [] : [{ kept, removed, banned, atMost: oldest }]
  })
}

/**
 * The same without a resolution, for what is at hand offline: the twin that is installed stays, else
 * the first that somebody asks for.
 */
export function twinsAtHand(
  installed: readonly string[],
  sources: readonly RequirementSource[],
  overrides: readonly string[],
): { banned: readonly string[] }[] {
  const own = overriddenNames(overrides)
  const wanted = new Set(sources.flatMap(({ lines }) => lines.map(requirementName)))
  return GROUPS.flatMap((group) => {
    const here = group.names.filter((name) => installed.includes(name))
    const asked = group.names.filter((name) => wanted.has(name))
    const kept = chosenBySpec(group, sources, own) ?? here[0] ?? asked[0]
    const banned = group.names.filter((name) => name !== kept && !own.has(name))
    return new Set([...here, ...asked]).size < 2 ? [] : [{ banned }]
  })
}

/** Whoever names one of them in the spec knows which one the machine needs. */
function chosenBySpec(
  group: TwinGroup,
  sources: readonly RequirementSource[],
  overridden: ReadonlySet<string>,
): string | null {
  const own = sources.filter(({ owner }) => owner === SPEC_OWNER)
  const named = new Set(own.flatMap(({ lines }) => lines.map(requirementName)))
  return only(group, overridden) ?? only(group, named)
}

function only(group: TwinGroup, names: ReadonlySet<string | null>): string | null {
  const chosen = group.names.filter((name) => names.has(name))
  return chosen.length === 1 ? (chosen[0] ?? null) : null
}

function hasCpuTorch(packages: readonly LockedPackage[]): boolean {
  const torch = packages.find(({ name }) => name === 'torch')
  return torch?.version?.endsWith('+cpu') ?? false
}
