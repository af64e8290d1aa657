/** Network volumes want writes of this size (perf.md). */
export const BLOCK_BYTES = 4 << 20
/** The most that FUSE and NFS send in one request. */
export const UNIT_BYTES = 1 << 20
/** 48 MiB: one for each connection of a run, unless somebody allows more. */
const UNITS = 48

/** Memory in which writes become big ones, shared by all transfers of a run. */
export interface BlockPool {
  /** `UNIT_BYTES`; null: all of it is in use. */
  take(): Buffer | null
  give(units: readonly Buffer[]): void
}

/** Memory is taken when it is first wanted. */
export function createBlockPool(): BlockPool {
  const free: Buffer[] = []
  let made = 0
  return {
    take() {
      const unit = free.pop()
      if (unit !== undefined || made === UNITS) return unit ?? null
      made++
      return Buffer.allocUnsafeSlow(UNIT_BYTES)
    },
    give: (units) => void free.push(...units),
  }
}
