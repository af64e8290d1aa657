import type { Ctx } from '../core/context.ts'
import type { SpecPack } from '../spec/types.ts'
import { resolvePackages } from './resolve-packages.ts'
import { resolveRepos } from './resolve-repos.ts'
import type { LockPack, LockRegistry, LockRepo } from './types.ts'

/**
 * Pin a pack that belongs to no version. Offline, a pin that the pack does not name itself stays
 * unknown, with a warning.
 * @throws what `resolveRepos` and `resolvePackages` throw
 */
export async function resolvePack(
  ctx: Ctx,
  pack: SpecPack,
  options: { offline: boolean; readOnly: boolean },
): Promise<LockPack> {
  const { repo, ref, commit, registry } = pack
  if (registry !== null) {
    const request = { wanted: registry, known: null, isKept: false }
    const [pin = null] = await resolvePackages(ctx, [request], options)
    return pinnedPack(pack, null, pin)
  }
  const wanted = repo === null ? [] : [{ wanted: { repo, ref, commit }, known: null }]
  const [pin = null] = await resolveRepos(ctx, wanted, options.offline)
  return pinnedPack(pack, pin, null)
}

/** A pack of a spec with what was found out about it. */
export function pinnedPack(
  { repo, ref, subdir, name, install_requirements }: SpecPack,
  pin: LockRepo | null,
  registry: LockRegistry | null,
): LockPack {
  return { ...(pin ?? { repo, ref, commit: null }), subdir, registry, name, install_requirements }
}
