import type { Emit } from './events.ts'
import type { Settings } from './settings.ts'

/** What every effectful function gets first. There is no module-level state beside it. */
export interface Ctx {
  readonly emit: Emit
  /** Aborted on Ctrl-C, on SIGTERM and when the caller gives up. */
  readonly signal: AbortSignal
  readonly settings: Settings
  readonly clock: Clock
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
