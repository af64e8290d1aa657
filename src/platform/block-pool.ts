/** Network volumes want blocks of this size (perf.md). */
export const BLOCK_BYTES = 4 << 20
/** 32 MiB at most. */
const BLOCKS = 8

/** Memory in which writes become big ones, shared by all transfers of a run. */
export interface BlockPool {
  /** null: all of it is in use. */
  take(): Buffer | null
  give(block: Buffer): void
}

/** Memory is taken when it is first wanted. */
export function createBlockPool(): BlockPool {
  const free: Buffer[] = []
  let made = 0
  return {
    take() {
      const block = free.pop()
      if (block !== undefined || made === BLOCKS) return block ?? null
      made++
      return Buffer.allocUnsafeSlow(BLOCK_BYTES)
    },
    give: (block) => void free.push(block),
  }
}
