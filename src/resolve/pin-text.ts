import type { LockPack } from './types.ts'

/** What a pack is pinned to, for people: `<repo>@<commit>` or `registry:<id>@<version>`. */
export function pinText({ repo, commit, subdir, registry }: LockPack): string {
  if (registry === null) return `${repo}@${commit ?? '?'}${subdir === null ? '' : ` ${subdir}`}`
  const hash = registry.sha256 === null ? '' : ` sha256:${registry.sha256.slice(0, 12)}`
  return `registry:${registry.id}@${registry.version ?? '?'}${hash}`
}
