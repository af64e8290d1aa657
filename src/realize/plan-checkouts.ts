import type { CheckoutState, Facts } from './facts.ts'
import type { RealizeJob } from './job.ts'
import { checkoutId, firstPackIn } from './step-ids.ts'
import type { CheckoutStep } from './step.ts'

/** What has to happen with the checkout of the core. */
export function planCore(job: RealizeJob, facts: Pick<Facts, 'core'>): CheckoutStep {
  const { repo, commit, tree } = job.core
  return {
    id: checkoutId(null),
    kind: 'checkout',
    pack: null,
    needs: [],
    action: checkoutAction(job.offline, facts.core, false),
    repo,
    commit,
    registry: null,
    subdir: null,
    path: tree,
    size: null,
  }
}

/** The same for those of the packs. */
export function planCheckouts(
  job: Pick<RealizeJob, 'packs' | 'offline'>,
  facts: Pick<Facts, 'packs' | 'archives'>,
): CheckoutStep[] {
  return job.packs.map(({ pack, checkout }): CheckoutStep => {
    const { registry } = pack
    const first = firstPackIn(job, checkout?.tree)
    const state = facts.packs.get(pack.name) ?? 'unknown'
    const action = checkoutAction(job.offline, state, registry !== null)
    return {
      id: checkoutId(pack.name),
      kind: 'checkout',
      pack: pack.name,
      needs: first === null || first === pack.name ? [] : [checkoutId(first)],
      action,
      repo: pack.repo,
      commit: pack.commit,
      registry: registry === null ? null : { id: registry.id, version: registry.version },
      subdir: pack.subdir,
      path: checkout?.tree ?? '',
      size: action === 'download' ? (facts.archives.get(pack.name) ?? null) : null,
    }
  })
}

function checkoutAction(
  offline: boolean,
  state: CheckoutState,
  isPackage: boolean,
): CheckoutStep['action'] {
  if (offline && !isAtHand(state)) return 'missing'
  switch (state) {
    case 'present':
      return 'reuse'
    case 'partial':
      return offline ? 'reuse' : 'fetch'
    case 'changed':
      return 'repair'
    case 'fetch':
      return 'fetch'
    case 'archive':
      return 'unpack'
    case 'clone':
      return isPackage ? 'download' : 'clone'
    case 'unknown':
      return 'missing'
  }
}

/** Without the network. */
export function isAtHand(state: CheckoutState | undefined): boolean {
  return state !== undefined && ['present', 'partial', 'changed', 'archive'].includes(state)
}
