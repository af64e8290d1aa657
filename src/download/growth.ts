import { TUNING, type Tuning } from './tuning.ts'

/** More connections have to bring this much more. */
const GAIN = 1.1
/** Where more brought nothing, or one failed, it is tried again after this long, doubled each time. */
const HOLD_MS = 2000
const MAX_HOLD_MS = 60_000

export interface GrowthFacts {
  /** Milliseconds. */
  readonly now: number
  /** Bytes received so far. */
  readonly received: number
  readonly connections: number
  /** Of these, how many have got an answer. */
  readonly answered: number
}

/** How many connections a file should have: more as long as more of them bring more bytes. */
export interface Growth {
  target(): number
  tick(facts: GrowthFacts): void
  /** A connection failed, and so many are left. */
  fail(now: number, left: number): void
}

/**
 * @param bytes that are still to come
 * @param cap never more than this many
 */
export function createGrowth(bytes: number, cap: number, tuning: Tuning = TUNING): Growth {
  const useful = Math.max(1, Math.floor(bytes / tuning.startBytes))
  let target = Math.min(tuning.startConnections, useful, cap)
  let before = target
  let window: { at: number; received: number } | null = null
  let best = 0
  let heldUntil = 0
  let holdMs = HOLD_MS
  const hold = (now: number) => {
    best = 0
    heldUntil = now + holdMs
    holdMs = Math.min(holdMs * 2, MAX_HOLD_MS)
  }
  const grow = () => {
    before = target
    const isNew = holdMs === HOLD_MS
    target = Math.min(cap, isNew ? target * 2 : target + Math.ceil(target / 4))
  }
  return {
    target: () => target,
    tick({ now, received, connections, answered }) {
      if (now < heldUntil || connections < target || answered < connections) {
        window = null
        return
      }
      window ??= { at: now, received }
      if (now - window.at < tuning.windowMs) return
      const rate = (received - window.received) / (now - window.at)
      window = null
      if (rate < best * GAIN) {
        target = before
        return hold(now)
      }
      best = rate
      grow()
    },
    fail(now, left) {
      target = Math.max(1, Math.min(target, left))
      hold(now)
    },
  }
}
