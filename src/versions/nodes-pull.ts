import { resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { expandHome } from '../platform/settings.ts'
import { cachePaths } from '../platform/paths.ts'
import { apply } from '../realize/apply.ts'
import { checkoutState } from '../realize/checkout-state.ts'
import { jobPack, type JobPack } from '../realize/job.ts'
import { observeArchives } from '../realize/observe-archives.ts'
import { planCheckouts } from '../realize/plan-checkouts.ts'
import { isChange, type CheckoutStep, type Step } from '../realize/step.ts'
import { makeCheckout, type CheckoutJob } from '../realize/steps/checkout.ts'
import type { LockPack } from '../resolve/types.ts'
import { resolvePack } from '../resolve/resolve-pack.ts'
import type { DraftNote } from '../spec/draft.ts'
import type { SpecPack } from '../spec/types.ts'
import { settleTree } from './create-tree.ts'
import { isFailureOfOne } from './failure-of-one.ts'
import { pulledPack, unpinnedPack, type PulledPack, type UnpinnedPack } from './pulled-pack.ts'
import { judgeSideList, readSideArgument, readSideFile, type SideList } from './side-list.ts'

export interface NodesPullRequest {
  /** Side files. */
  files: readonly string[]
  /** Packs as `create --node` takes them. */
  packs: readonly string[]
  /** Where relative paths of arguments start. */
  cwd: string
  dryRun: boolean
}

export interface NodesPull {
  /** Folder of the checkouts. */
  checkouts: string
  dry_run: boolean
  changed: boolean
  packs: PulledPack[]
  notes: readonly DraftNote[]
}

/**
 * Bring packs of side files and arguments into the cache, so that every version which pins the same
 * finds them there (R142). No version is written. A pack that cannot come does not stop the others.
 * @throws ARGUMENT_INVALID with everything that is wrong; DISK_WRITE, INTERRUPTED
 */
export async function pullPacks(ctx: Ctx, request: NodesPullRequest): Promise<NodesPull> {
  const offline = ctx.settings.offline ?? false
  const cache = cachePaths(ctx.settings.cacheRoot)
  const { dryRun } = request
  const { packs: wanted, notes } = await readPacks(ctx, request, !offline)
  const pinned = await Promise.all(
    wanted.map((pack) => pinOne(ctx, pack, { offline, readOnly: dryRun })),
  )
  const failed = pinned.flatMap((one) => ('reason' in one ? [one] : []))
  const packs = distinct(pinned.flatMap((one) => ('reason' in one ? [] : [jobPack(cache, one)])))
  const job: CheckoutJob = { packs, cache, offline, core: null }
  const steps = await planPacks(ctx, job)
  const failures = dryRun ? new Map<string, ComfypinError>() : await bringPacks(ctx, job, steps)
  const rows = packs.map(async (pack, index) =>
    pulledPack(ctx, pack, steps[index], failures, dryRun),
  )
  return {
    checkouts: cache.checkouts,
    dry_run: dryRun,
    changed: steps.some(isChange),
    packs: [
      ...(await Promise.all(rows)),
      ...(await Promise.all(failed.map((one) => unpinnedPack(ctx, one)))),
    ],
    notes,
  }
}

/** Each list as if it stood in a spec of its own: two of them may name the same pack. */
async function readPacks(
  ctx: Ctx,
  { files, packs, cwd }: NodesPullRequest,
  mayAsk: boolean,
): Promise<{ packs: SpecPack[]; notes: DraftNote[] }> {
  const ofFiles = files.map((file) => readSideFile('custom_nodes', resolve(cwd, expandHome(file))))
  const ofArguments = packs.map((text) => readSideArgument('custom_nodes', text, cwd))
  const lists = [...(await Promise.all(ofFiles)), ...ofArguments]
  const judged = await Promise.all(lists.map((list) => judge(ctx, list, mayAsk)))
  const problems = judged.flatMap((one) => one.problems)
  if (problems.length > 0)
    throw new ComfypinError('ARGUMENT_INVALID', {
      problems: problems.map(({ subject, problem }) => `  ${subject}: ${problem}`).join('\n'),
    })
  return {
    packs: judged.flatMap(({ spec }) => spec?.custom_nodes ?? []),
    notes: lists.flatMap(({ origin, unused }): DraftNote[] =>
      unused.length === 0
        ? []
        : [{ code: 'SIDE_FILE_PART', subject: origin, detail: unused.join(', ') }],
    ),
  }
}

async function judge(ctx: Ctx, list: SideList, mayAsk: boolean) {
  const entries = list.entries.map((pack) => settleTree(ctx, pack, mayAsk))
  const judged = judgeSideList(ctx, 'custom_nodes', list, await Promise.all(entries))
  for (const warning of judged.warnings)
    ctx.emit({ ...warning, params: { ...warning.params, file: list.origin } })
  return judged
}

async function pinOne(
  ctx: Ctx,
  pack: SpecPack,
  options: { offline: boolean; readOnly: boolean },
): Promise<LockPack | UnpinnedPack> {
  try {
    return await resolvePack(ctx, pack, options)
  } catch (error) {
    if (!isFailureOfOne(error)) throw error
    return { pack, reason: error }
  }
}

/** One entry per pinned folder, each with a name of its own: steps are told apart by it. */
function distinct(packs: readonly JobPack[]): JobPack[] {
  const known = new Set<string>()
  const names = new Set<string>()
  return packs.flatMap((entry): JobPack[] => {
    const { pack, checkout } = entry
    const place = checkout?.dir ?? `${pack.repo} ${pack.registry?.id} ${pack.ref} ${pack.subdir}`
    if (known.has(place)) return []
    known.add(place)
    const pin = pack.registry?.version ?? pack.commit ?? pack.ref ?? String(known.size)
    const name = names.has(pack.name) ? `${pack.name}@${pin}` : pack.name
    names.add(name)
    return [{ ...entry, pack: { ...pack, name } }]
  })
}

async function planPacks(ctx: Ctx, job: CheckoutJob): Promise<CheckoutStep[]> {
  const states = job.packs.map(
    async (entry) => [entry.pack.name, await checkoutState(ctx, job.cache, entry, false)] as const,
  )
  const archives = await observeArchives(ctx, job, true)
  return planCheckouts(job, { packs: new Map(await Promise.all(states)), archives })
}

/** @returns by the step's id what went wrong */
async function bringPacks(
  ctx: Ctx,
  job: CheckoutJob,
  steps: readonly CheckoutStep[],
): Promise<ReadonlyMap<string, ComfypinError>> {
  const failures = new Map<string, ComfypinError>()
  for (const { action, pack } of steps)
    if (action === 'missing')
      ctx.emit({ type: 'warning', code: 'OFFLINE_PACK_MISSING', params: { name: pack ?? '' } })
  const run = async (inner: Ctx, step: Step): Promise<boolean> => {
    if (step.kind !== 'checkout') return true
    try {
      return !(await makeCheckout(inner, job, step))
    } catch (error) {
      if (!isFailureOfOne(error)) throw error
      failures.set(step.id, error)
      return false
    }
  }
  await apply(ctx, steps, run, { checkout: ctx.settings.gitConcurrency })
  return failures
}
