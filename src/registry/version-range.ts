import type { RegistryVersion } from './types.ts'

/** Versions and ranges as npm understands them; null stands for any version. */
export interface Ranges {
  /** The version itself when the text names one, else null: a range. */
  exact(wanted: string): string | null
  satisfies(version: string, wanted: string | null): boolean
  /** The best of them; null: none satisfies. */
  best(versions: readonly RegistryVersion[], wanted: string | null): RegistryVersion | null
}

/** Loaded when a registry pack has to be resolved. */
export async function loadRanges(): Promise<Ranges> {
  const { default: semver } = await import('semver')
  const satisfies: Ranges['satisfies'] = (version, wanted) =>
    wanted === version ||
    (semver.valid(version) !== null && semver.satisfies(version, wanted ?? '*'))
  const newestFirst = (versions: readonly RegistryVersion[]) =>
    versions.toSorted((a, b) =>
      semver.valid(a.version) === null || semver.valid(b.version) === null
        ? Number(semver.valid(b.version) !== null) - Number(semver.valid(a.version) !== null)
        : semver.rcompare(a.version, b.version),
    )
  return {
    // `1.2` is a range for npm, and so it is here.
    exact: (wanted) => semver.valid(wanted.replace(/^=/, '').trim()),
    satisfies,
    best: (versions, wanted) => {
      const fitting = versions.filter(({ version }) => satisfies(version, wanted))
      // A pack that has nothing but prereleases means them.
      const candidates = fitting.length === 0 && wanted === null ? versions : fitting
      const approved = (version: RegistryVersion) => version.status === 'active'
      return (
        newestFirst(candidates.filter((one) => approved(one) && !one.deprecated))[0] ??
        newestFirst(candidates.filter(approved))[0] ??
        newestFirst(candidates)[0] ??
        null
      )
    },
  }
}
