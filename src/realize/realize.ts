import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { withLockFile } from '../platform/lock-file.ts'
import { loadSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { resolveVersion, saveLock, type Resolution } from '../resolve/resolve.ts'
import { apply, COPIES } from './apply.ts'
import {
  claimHome,
  requireOwnHome,
  requireWritableHome,
  sweepHome,
  sweepTmp,
} from './home-guard.ts'
import { createJob, type CheckMode, type RealizeJob } from './job.ts'
import type { PackCheck } from './marker.ts'
import { sweepModels } from './models.ts'
import { observe } from './observe.ts'
import { packOf } from './pack-models.ts'
import { seedPlaces } from './pack-seed.ts'
import { planRealize } from './plan.ts'
import { recallPylock } from './python-lock.ts'
import { createRunner } from './run-step.ts'
import { saveMarker } from './save-marker.ts'
import { checkSpace } from './space.ts'
import { isChange, type Step } from './step.ts'
import { firstSeed } from './steps/pack.ts'

export interface RealizeOptions {
  refresh: boolean
  check: CheckMode
  /** Take the newest Python packages that the requirements allow. */
  upgrade: boolean
}

export interface RealizeResult {
  version_id: string
  home: string
  changed: boolean
  steps: Step[]
  packs: PackCheck[]
  /** Milliseconds. */
  ms: number
}

/**
 * Make the home of a version match its spec: resolve, plan, apply (R72–R92). Whatever is whole
 * already is reused; the marker is written last. Two processes: the second waits, then finds
 * nothing to do.
 * @throws what resolve, the steps and the home guard throw; HOME_FOREIGN, HOME_OTHER_VERSION, DISK_FULL
 */
export async function realize(
  ctx: Ctx,
  selector: SpecSelector,
  options: RealizeOptions,
): Promise<RealizeResult> {
  const started = ctx.clock.now()
  const { job, resolution } = await prepare(ctx, selector, options)
  requireOwnHome(job.home.home, job.before)
  return withLockFile(ctx, `${job.cache.locks}/home-${job.id}.lock`, async () => {
    saveLock(resolution)
    recallPylock(job)
    sweepTmp(job.cache)
    await sweepHome(job.home)
    // Somebody else may have finished it while this process waited for the lock.
    const current = createJob(ctx, job)
    sweepModels(ctx, current)
    const steps = await plan(ctx, current)
    const changes = steps.filter(isChange)
    await checkSpace(ctx, current, steps)
    if (current.before === null) claimHome(current.home.home)
    else if (changes.length > 0) requireWritableHome(current.home.home)
    const runner = createRunner(current)
    try {
      await apply(ctx, steps, runner.run, limitsOf(ctx))
    } finally {
      runner.close()
    }
    reportMissing(ctx, current, steps)
    const marker = saveMarker(ctx, current, steps, runner)
    return {
      version_id: current.id,
      home: current.home.home,
      changed: changes.length > 0,
      steps,
      packs: marker.check ?? [],
      ms: ctx.clock.now() - started,
    }
  })
}

/** How many steps of a kind run side by side; compiling uses every core by itself. */
function limitsOf({ settings }: Ctx): Parameters<typeof apply>[3] {
  const { gitConcurrency: checkout, downloadConcurrency: model } = settings
  return { checkout, model, copy: COPIES, bytecode: 1 }
}

/** The plan alone; nothing is written (R85). */
export async function dryRun(
  ctx: Ctx,
  selector: SpecSelector,
  options: RealizeOptions,
): Promise<RealizeResult> {
  const started = ctx.clock.now()
  const { job } = await prepare(ctx, selector, options, true)
  requireOwnHome(job.home.home, job.before)
  const steps = await plan(ctx, job)
  return {
    version_id: job.id,
    home: job.home.home,
    changed: steps.some(isChange),
    steps,
    packs: [],
    ms: ctx.clock.now() - started,
  }
}

async function prepare(
  ctx: Ctx,
  selector: SpecSelector,
  options: RealizeOptions,
  readOnly = false,
): Promise<{ job: RealizeJob; resolution: Resolution }> {
  const loaded = loadSpec(ctx, selector)
  const offline = ctx.settings.offline ?? loaded.spec.options.offline
  const { refresh } = options
  const resolution = await resolveVersion(ctx, loaded, {
    refresh,
    offline,
    readOnly,
    partial: true,
  })
  const job = createJob(ctx, {
    specText: loaded.text,
    lock: resolution.lock,
    lockText: resolution.text,
    check: options.check,
    upgrade: options.upgrade,
    isPartial: resolution.unnamed.length > 0,
    seeds: seedPlaces(loaded),
  })
  return { job, resolution }
}

/**
 * @throws OFFLINE_NO_CORE: offline, anything but the core may be missing
 * @throws STATE_UNUSABLE, before anything is fetched: without its state a pack would get another one
 */
async function plan(ctx: Ctx, job: RealizeJob): Promise<Step[]> {
  const steps = planRealize(job, await observe(ctx, job, { askSizes: true }))
  if (steps.some(({ id, action }) => id === 'checkout:core' && action === 'missing'))
    throw new ComfypinError('OFFLINE_NO_CORE', { repo: job.core.repo })
  for (const step of steps)
    if (step.kind === 'pack' && step.action === 'place') firstSeed(job, step.pack)
  return steps
}

/** Each missing artifact is one warning (R87); resolve warned of packs without a commit. */
function reportMissing(ctx: Ctx, job: RealizeJob, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.action === 'foreign' && step.kind === 'pack')
      ctx.emit({
        type: 'warning',
        code: 'FOREIGN_ENTRY',
        params: { path: step.path, name: step.pack },
      })
    const model = step.kind === 'model' ? job.lock.models[step.index] : undefined
    const pack = model === undefined ? null : packOf(model)
    if (model !== undefined && pack !== null && step.action === 'skip' && !job.skipModels)
      ctx.emit({
        type: 'warning',
        code: 'MODEL_WITHOUT_PACK',
        params: { name: model.target_path, pack },
      })
    if (step.action !== 'missing') continue
    if (step.kind === 'pack' && step.checkout !== null)
      ctx.emit({ type: 'warning', code: 'OFFLINE_PACK_MISSING', params: { name: step.pack } })
    if (step.kind === 'model')
      ctx.emit({
        type: 'warning',
        code: 'OFFLINE_MODEL_MISSING',
        params: { name: model?.target_path ?? step.path },
      })
  }
}
