import { setTimeout as delay } from 'node:timers/promises'
import type { Instance } from '../comfy/instance.ts'
import { instanceDied } from '../comfy/process.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { MAX_TIMER_MS } from '../core/units.ts'

/** What can end a job from outside: the death of its instance, its time limit, its caller. */
export interface Guard {
  /** `work`, unless one of them comes first. */
  race<T>(work: Promise<T>): Promise<T>
  /** Aborted by `release`. */
  readonly released: AbortSignal
  release(): void
}

/** A connection breaks shortly before the exit of its process is known. */
const EXIT_WAIT_MS = 1_000

/** `race` throws INSTANCE_DIED, JOB_TIMEOUT, INTERRUPTED, and whatever `work` throws. */
export function createGuard(ctx: Ctx, instance: Instance, timeoutMs: number): Guard {
  const over = new AbortController()
  const failed = new Promise<never>((_, reject) => {
    const onGone = async () => reject(endOf(ctx, instance, await instance.exited))
    whenAborted(ctx.signal, over.signal, () => reject(new ComfypinError('INTERRUPTED', {})))
    whenAborted(instance.gone, over.signal, () => void onGone())
    const timer = setTimeout(
      () => reject(new ComfypinError('JOB_TIMEOUT', { seconds: timeoutMs / 1000 })),
      Math.min(timeoutMs, MAX_TIMER_MS),
    )
    over.signal.addEventListener('abort', () => clearTimeout(timer))
  })
  failed.catch(() => {}) // heard by whoever races; between two races nobody does
  return {
    race: (work) =>
      Promise.race([work.catch((failure: unknown) => afterExit(failure, failed)), failed]),
    released: over.signal,
    release: () => over.abort(),
  }
}

/** Unlike a promise, a signal lets go of its listeners: an instance outlives thousands of jobs. */
function whenAborted(signal: AbortSignal, until: AbortSignal, listener: () => void): void {
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener, { once: true, signal: until })
}

function endOf(ctx: Ctx, instance: Instance, exit: Awaited<Instance['exited']>): ComfypinError {
  return ctx.signal.aborted ? new ComfypinError('INTERRUPTED', {}) : instanceDied(instance, exit)
}

/** "Connection reset" is how the death of the process looks from here; say the cause when it shows. */
async function afterExit(failure: unknown, failed: Promise<never>): Promise<never> {
  if (hasCode(failure, 'JOB_PROTOCOL') && failure.cause !== undefined)
    await Promise.race([failed, delay(EXIT_WAIT_MS, undefined, { ref: false })])
  throw failure
}
