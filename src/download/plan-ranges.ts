import { addRange, gapsOf, totalOf, type Range } from './ranges.ts'
import { TUNING, type Tuning } from './tuning.ts'

/** A connection with less than this part of the usual rate lags behind. */
const LAGGING = 0.5

/** What one connection is fetching. Others may move `to` closer while it works. */
export interface Segment {
  readonly from: number
  /** The next byte to come. */
  at: number
  to: number
  /** Bytes per millisecond that it has been getting lately; null: nothing is known yet. */
  rate: number | null
}

/**
 * Which bytes of a file are here, on their way, and free. A byte is never given to two segments.
 * Nothing here touches disk or network.
 */
export interface RangePlan {
  readonly size: number
  /** What is here, bytes of unfinished segments included. */
  done(): Range[]
  /** Bytes that are here. */
  received(): number
  isWhole(): boolean
  active(): readonly Segment[]
  /**
   * Work for one more connection: the first free bytes, at most `piece` of them; else a part of what
   * the slowest segment still has to get; else null.
   * @param slowMs a segment that needs longer than this is worth helping however little it has left
   */
  claim(piece: number, slowMs: number): Segment | null
  /**
   * A part of what the foremost segment still has to get, when it holds up whoever reads the file from
   * its beginning: it is far slower than the others. Else null.
   */
  claimFront(slowMs: number): Segment | null
  /** `count` more bytes of a segment are here; 0 when it has been left with nothing to do. */
  advance(segment: Segment, count: number): void
  /** A body goes on behind its segment: true when the segment takes what is free there, up to `end`. */
  extend(segment: Segment, end: number): boolean
  /** Bytes that nobody has asked for yet. */
  unclaimed(): number
  /** Nobody works on it any more; what it has not got is free again. */
  release(segment: Segment): void
}

/** @param finished sound ranges (see `areSound`) that are here already */
export function createRangePlan(
  size: number,
  finished: readonly Range[] = [],
  tuning: Tuning = TUNING,
): RangePlan {
  let settled: Range[] = [...finished]
  let free = gapsOf(settled, size)
  const active = new Set<Segment>()
  let count = totalOf(settled)

  const done = () => [...active].reduce((all, { from, at }) => addRange(all, [from, at]), settled)
  const start = (from: number, to: number): Segment => {
    const segment = { from, at: from, to, rate: null }
    active.add(segment)
    return segment
  }
  /** The beginning of a free gap, up to `end` at most, is free no more; returns where it ends. */
  const take = (gap: Range, end: number): number => {
    const to = Math.min(gap[1], end)
    const rest: Range[] = to < gap[1] ? [[to, gap[1]]] : []
    free = free.flatMap((one) => (one === gap ? rest : [one]))
    return to
  }
  const split = (slowMs: number): Segment | null => {
    const mean = meanRate(active)
    const victim = [...active].toSorted((a, b) => needs(b, mean) - needs(a, mean))[0]
    return victim === undefined ? null : splitOne(victim, mean, slowMs)
  }
  const splitOne = (victim: Segment, mean: number, slowMs: number): Segment | null => {
    const cut = cutOf(victim, mean, slowMs, tuning)
    if (cut === null) return null
    const { to } = victim
    victim.to = cut
    return start(cut, to)
  }
  return {
    size,
    done,
    received: () => count,
    isWhole: () => count === size,
    active: () => [...active],
    claim(piece, slowMs) {
      const gap = free[0]
      return gap === undefined ? split(slowMs) : start(gap[0], take(gap, gap[0] + piece))
    },
    claimFront(slowMs) {
      const mean = meanRate(active)
      const front = [...active].toSorted((a, b) => a.from - b.from)[0]
      if (front === undefined || (front.rate ?? mean) >= mean * LAGGING) return null
      return splitOne(front, mean, slowMs)
    },
    advance(segment, bytes) {
      segment.at += bytes
      count += bytes
    },
    extend(segment, end) {
      const next = free.find(([from]) => from === segment.to)
      if (next === undefined || segment.at !== segment.to || end <= segment.to) return false
      segment.to = take(next, end)
      return true
    },
    unclaimed: () => totalOf(free),
    release(segment) {
      if (!active.delete(segment)) return
      settled = addRange(settled, [segment.from, segment.at])
      free = addRange(free, [segment.at, Math.max(segment.at, segment.to)])
    },
  }
}

/** Where to cut a segment so that both halves end at the same time; null: not worth it. */
function cutOf(
  victim: Segment,
  mean: number,
  slowMs: number,
  { minSplitBytes, minRescueBytes }: Tuning,
): number | null {
  const left = victim.to - victim.at
  if (mean === 0) return left >= 2 * minSplitBytes ? victim.at + Math.ceil(left / 2) : null
  const rate = victim.rate ?? mean
  const cut = victim.at + Math.ceil((left * rate) / (rate + mean))
  const isSlow = left / Math.max(rate, Number.MIN_VALUE) > slowMs
  return isSlow && victim.to - cut >= minRescueBytes ? cut : null
}

/** Milliseconds until a segment would be whole; by bytes where no rate is known. */
function needs(segment: Segment, mean: number): number {
  const left = segment.to - segment.at
  const rate = segment.rate ?? mean
  return mean === 0 ? left : left / Math.max(rate, mean / 1e6)
}

function meanRate(active: ReadonlySet<Segment>): number {
  const rates = [...active].flatMap(({ rate }) => (rate === null || rate === 0 ? [] : [rate]))
  return rates.length === 0 ? 0 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}
