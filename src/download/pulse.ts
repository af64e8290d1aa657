import { TUNING, type Tuning } from './tuning.ts'

/** A silent connection may cost this part of the time that the download has taken so far. */
const SHARE = 0.1

/** What one connection has done in its present exchange; times in milliseconds. */
export interface Beat {
  startedAt: number
  answeredAt: number | null
  lastByteAt: number
  received: number
  /** How long nothing has come, as far as this process had time to look. */
  silentMs: number
  /** At the last look, see `sample`. */
  sampled: { at: number; received: number }
}

/**
 * How the connections of one file are doing: what is usual for them, and so how long a silence has
 * to be before a connection is taken for dead. Far less than the stall timeout: it only costs a new
 * connection to be wrong, and patience doubles each time.
 */
export interface Pulse {
  /** A first byte came this long after its request. */
  answered(ms: number): void
  /** Bytes came at `now`, the last ones before at `before`. */
  beat(now: number, before: number): void
  restarted(): void
  /** A request costs so much time that it is worth helping whoever needs longer than this. */
  slowMs(): number
  /** True when nothing came on a connection for too long while the network was alive. */
  isSilent(beat: Beat, now: number, isAlone: boolean): boolean
}

export function createPulse(
  startedAt: number,
  { minPatienceMs, maxPatienceMs }: Tuning = TUNING,
): Pulse {
  let usualAnswerMs = 0
  let longestGapMs = 0
  let restarts = 0
  let lastByteAt = startedAt
  const patienceMs = (now: number) => {
    const base = Math.max(
      minPatienceMs,
      3 * usualAnswerMs,
      2 * longestGapMs,
      SHARE * (now - startedAt),
    )
    return Math.min(base, maxPatienceMs) * 2 ** restarts
  }
  return {
    answered(ms) {
      usualAnswerMs = usualAnswerMs === 0 ? ms : 0.8 * usualAnswerMs + 0.2 * ms
    },
    beat(now, before) {
      longestGapMs = Math.max(longestGapMs, now - before)
      lastByteAt = now
    },
    restarted: () => void restarts++,
    slowMs: () => Math.max(minPatienceMs, 4 * usualAnswerMs),
    isSilent(beat, now, isAlone) {
      const patience = patienceMs(now)
      if (beat.silentMs < patience) return false
      // when nobody gets anything, it is the network, and new connections would not help
      return lastByteAt - beat.lastByteAt >= patience || (isAlone && beat.silentMs >= 2 * patience)
    },
  }
}

export function newBeat(now: number): Beat {
  return {
    startedAt: now,
    answeredAt: null,
    lastByteAt: now,
    received: 0,
    silentMs: 0,
    sampled: { at: now, received: 0 },
  }
}

/** A look took place; `lookMs` is how long a time it can vouch for. */
export function listen(beat: Beat, lookMs: number): void {
  beat.silentMs = beat.received > beat.sampled.received ? 0 : beat.silentMs + lookMs
}

/** Bytes per millisecond of late, from the rate before and what came since the last look. */
export function sample(beat: Beat, before: number | null, now: number): number | null {
  const elapsed = now - beat.sampled.at
  if (elapsed <= 0) return before
  const rate = (beat.received - beat.sampled.received) / elapsed
  beat.sampled = { at: now, received: beat.received }
  return before === null ? rate : 0.5 * before + 0.5 * rate
}
