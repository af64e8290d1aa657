/** One limit of bytes per second for many connections. */
export interface RateLimit {
  /**
   * Count bytes that have come; returns how many milliseconds their connection should rest.
   * @param limit bytes per second; null: no limit
   * @param now milliseconds
   */
  take(bytes: number, limit: number | null, now: number): number
}

/** So much may be ahead of its time: connections are not stopped for every chunk. */
const BURST_MS = 50

export function createRateLimit(): RateLimit {
  /** When all that was taken would have come, had it come at the limit. */
  let paidUntil = 0
  return {
    take(bytes, limit, now) {
      if (limit === null) return 0
      paidUntil = Math.max(paidUntil, now) + (bytes / limit) * 1000
      const aheadMs = paidUntil - now
      return aheadMs > BURST_MS ? aheadMs : 0
    },
  }
}
