import { setMaxListeners } from 'node:events'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode, isComfypinError, reasonOf } from '../core/errors.ts'
import { isChange, type Step } from './step.ts'

/**
 * Does one step. `leaveLane` is called when what is left of it need not keep others waiting: a file
 * that is here and only has to reach the disk. Returns true when the step turned out to be done already.
 */
export type RunStep = (ctx: Ctx, step: Step, leaveLane: () => void) => Promise<boolean>

/** Steps that share a limit. Copies have one of their own: each holds megabytes and keeps a disk busy. */
export type Lane = Step['kind'] | 'copy'

/** Copies at once; each reads several blocks at once. */
export const COPIES = 3

/**
 * Run the steps that change something as a graph: each starts as soon as what it needs is done,
 * and as many run side by side as `limits` allows per lane. The first failure stops the others, apart
 * from checkouts under way, which may have a failure of their own to tell; what they had done stays
 * and is found by the next run.
 * @throws the first failure; each further one is a warning
 */
export async function apply(
  ctx: Ctx,
  steps: readonly Step[],
  run: RunStep,
  limits: Readonly<Partial<Record<Lane, number>>>,
): Promise<void> {
  const waiting = new Set(steps.filter(isChange))
  const open = new Set([...waiting].map((step) => step.id))
  const running = new Set<Step>()
  const inLane = new Set<Step>()
  const stop = new AbortController()
  const inner: Ctx = { ...ctx, signal: AbortSignal.any([ctx.signal, stop.signal]) }
  setMaxListeners(0, inner.signal)
  const failures: Failure[] = []
  let tellChange = () => {}

  const leaveLane = (step: Step) => {
    inLane.delete(step)
    tellChange()
  }
  const start = async (step: Step) => {
    waiting.delete(step)
    running.add(step)
    inLane.add(step)
    try {
      const stepCtx = step.kind === 'checkout' ? ctx : inner
      await runStep(stepCtx, step, (...args) => run(...args, () => leaveLane(step)))
    } catch (error) {
      failures.push({ step, error })
      stop.abort()
    }
    running.delete(step)
    open.delete(step.id)
    leaveLane(step)
  }
  const isReady = (step: Step) =>
    step.needs.every((id) => !open.has(id)) &&
    countLane(inLane, laneOf(step)) < (limits[laneOf(step)] ?? Number.POSITIVE_INFINITY)

  while (waiting.size > 0 || running.size > 0) {
    const change = new Promise<void>((resolve) => (tellChange = resolve))
    if (!inner.signal.aborted) for (const step of [...waiting]) if (isReady(step)) void start(step)
    if (running.size === 0) break
    await change
  }
  throwFirst(ctx, failures)
  if (waiting.size > 0 && ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
  if (waiting.size > 0)
    throw new ComfypinError('INTERNAL', {
      reason: `steps wait for each other: ${[...waiting].map(({ id }) => id).join(', ')}`,
    })
}

interface Failure {
  step: Step
  error: unknown
}

/** A step that was stopped because of another one has not failed. */
function throwFirst(ctx: Ctx, failures: readonly Failure[]): void {
  const own = failures.filter(({ error }) => !hasCode(error, 'INTERRUPTED'))
  const [first, ...others] = own.length > 0 ? own : failures
  if (first === undefined) return
  for (const { step, error } of others)
    if (own.length > 0)
      ctx.emit({
        type: 'warning',
        code: 'STEP_ALSO_FAILED',
        params: { subject: subjectOf(step), reason: reasonOf(error) },
      })
  throw first.error
}

async function runStep(
  ctx: Ctx,
  step: Step,
  run: (ctx: Ctx, step: Step) => Promise<boolean>,
): Promise<void> {
  const started = ctx.clock.now()
  const fact = { id: step.id, kind: step.kind, subject: subjectOf(step) }
  ctx.emit({ type: 'step.start', ...fact })
  try {
    const reused = await run(ctx, step)
    ctx.emit({ type: 'step.end', ...fact, ms: ctx.clock.now() - started, reused })
  } catch (error) {
    ctx.emit({
      type: 'step.fail',
      ...fact,
      code: isComfypinError(error) ? error.code : 'INTERNAL',
    })
    throw error
  }
}

function laneOf(step: Step): Lane {
  return step.kind === 'model' && step.action === 'copy' ? 'copy' : step.kind
}

function countLane(steps: Iterable<Step>, lane: Lane): number {
  return [...steps].filter((step) => laneOf(step) === lane).length
}

/** What a step is about, in a few words of data. */
function subjectOf(step: Step): string {
  switch (step.kind) {
    case 'checkout':
      return `${step.pack ?? 'core'} ${step.registry?.version ?? step.commit?.slice(0, 12) ?? ''}`.trim()
    case 'pack':
      return step.pack
    case 'check':
      return step.packs.join(', ')
    default:
      return step.path
  }
}
