import type { Ctx } from '../core/context.ts'
import type { ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import type { JobPack } from '../realize/job.ts'
import type { CheckoutStep } from '../realize/step.ts'
import type { SpecPack } from '../spec/types.ts'
import { messageOf } from './message-of.ts'

/** One row of what `nodes pull` tells. */
export interface PulledPack {
  name: string
  /** null: a registry package. */
  repo: string | null
  ref: string | null
  /** null: a registry package, or nobody knows it. */
  commit: string | null
  registry: { id: string; version: string | null } | null
  subdir: string | null
  /** The checkout; null: its pin is not known. */
  path: string | null
  /** What was done, or would have been done before it failed. */
  action: CheckoutStep['action']
  present: boolean
  problem: string | null
}

export interface UnpinnedPack {
  readonly pack: SpecPack
  readonly reason: ComfypinError
}

/**
 * What became of one pack.
 * @param failures by the step's id
 * @param isPlan nothing was done
 */
export async function pulledPack(
  ctx: Ctx,
  { pack, checkout }: JobPack,
  step: CheckoutStep | undefined,
  failures: ReadonlyMap<string, ComfypinError>,
  isPlan: boolean,
): Promise<PulledPack> {
  const action = step?.action ?? 'missing'
  const problem = await messageOf(ctx, failures.get(step?.id ?? '') ?? null)
  const isHere = isPlan ? action === 'reuse' : action !== 'missing' && problem === null
  return {
    name: pack.name,
    repo: shown(pack.repo),
    ref: pack.ref,
    commit: pack.commit,
    registry:
      pack.registry === null ? null : { id: pack.registry.id, version: pack.registry.version },
    subdir: pack.subdir,
    path: checkout?.dir ?? null,
    action,
    present: isHere,
    problem,
  }
}

/** A pack whose pin is not to be had. */
export async function unpinnedPack(ctx: Ctx, { pack, reason }: UnpinnedPack): Promise<PulledPack> {
  const { name, repo, ref, subdir, registry } = pack
  return {
    name,
    repo: shown(repo),
    ref,
    commit: null,
    registry,
    subdir,
    path: null,
    action: 'missing',
    present: false,
    problem: await messageOf(ctx, reason),
  }
}

/** Without a login. */
function shown(repo: string | null): string | null {
  return repo === null ? null : redact(repo)
}
