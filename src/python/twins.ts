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

/** One override per group of which the resolution has more than one member. */
export function twinOverrides(
  packages: readonly LockedPackage[],
  sources: readonly RequirementSource[],
): TwinOverride[] {
  return GROUPS.flatMap((group) => {
    const found = packages.filter(({ name }) => group.names.includes(name))
    const [oldest] = found.flatMap(({ version }) => version ?? []).toSorted(compareReleases)
    if (found.length < 2 || oldest === undefined) return []
    const kept = chosenBySpec(group, sources) ?? group.kept(packages)
    const banned = group.names.filter((name) => name !== kept)
    const removed = found.map(({ name }) => name).filter((name) => name !== kept)
    return [{ kept, removed, banned, atMost: oldest }]
  })
}

/** Whoever names one of them in the spec knows which one the machine needs. */
function chosenBySpec(group: TwinGroup, sources: readonly RequirementSource[]): string | null {
  const own = sources.filter(({ owner }) => owner === SPEC_OWNER)
  const named = new Set(own.flatMap(({ lines }) => lines.map(requirementName)))
  const chosen = group.names.filter((name) => named.has(name))
  return chosen.length === 1 ? (chosen[0] ?? null) : null
}

function hasCpuTorch(packages: readonly LockedPackage[]): boolean {
  const torch = packages.find(({ name }) => name === 'torch')
  return torch?.version?.endsWith('+cpu') ?? false
}
