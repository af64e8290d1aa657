import type { Ctx } from '../core/context.ts'
import { isComplete, type CheckoutPaths } from '../platform/checkout-tree.ts'
import type { CachePaths } from '../platform/paths.ts'
import type { CheckoutState } from './facts.ts'
import { changedInTree, originState, type Origin } from './origin.ts'

/**
 * How far a checkout is. The cache is shared, so whoever builds on a checkout anew makes sure that
 * nobody changed it (R41).
 * @param isTrusted leave that out
 */
export async function checkoutState(
  ctx: Ctx,
  cache: CachePaths,
  { origin, checkout }: { origin: Origin | null; checkout: CheckoutPaths | null },
  isTrusted: boolean,
): Promise<CheckoutState> {
  if (origin === null || checkout === null) return 'unknown'
  const state = originState(cache, origin, checkout)
  if (state !== 'present' && state !== 'partial') return state
  // A tree without the pack's folder: the step says what is there instead.
  if (!isComplete(checkout)) return 'fetch'
  if (!isTrusted && (await changedInTree(ctx, cache, origin)).length > 0) return 'changed'
  return state
}
