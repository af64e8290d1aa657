import { BLOCK_BYTES, type BlockPool } from '../platform/block-pool.ts'
import type { Range } from './ranges.ts'

/** Writes all of a buffer at a place of the file. */
export type WriteAt = (bytes: Buffer, position: number) => void

/** Gathers what many connections bring into few big writes. */
export interface BlockWriter {
  /** @throws what `WriteAt` throws; none of the bytes count then */
  write(bytes: Buffer, position: number): void
  /** What was taken and is not in the file yet. */
  pending(): Range[]
  /** Write what is pending. */
  flush(): void
  /** Forget what is pending. */
  drop(): void
}

interface Block {
  readonly memory: Buffer
  readonly from: number
  /** Where the file's next block begins. */
  readonly limit: number
  to: number
}

/**
 * One block for each place where bytes come in, as long as the pool has memory; it is written when it is
 * full. Without memory the fullest one is written before its time.
 * @param blockBytes at most `BLOCK_BYTES`
 */
export function createBlockWriter(
  pool: BlockPool,
  writeAt: WriteAt,
  blockBytes = BLOCK_BYTES,
): BlockWriter {
  const blocks = new Set<Block>()
  const release = (block: Block) => {
    blocks.delete(block)
    pool.give(block.memory)
  }
  const writeOut = (block: Block) => {
    writeAt(block.memory.subarray(0, block.to - block.from), block.from)
    release(block)
  }
  const open = (position: number): Block | null => {
    const memory = pool.take() ?? takeFullest()
    if (memory === null) return null
    const limit = (Math.floor(position / blockBytes) + 1) * blockBytes
    const block = { memory, from: position, to: position, limit }
    blocks.add(block)
    return block
  }
  const takeFullest = (): Buffer | null => {
    const fullest = [...blocks].toSorted((a, b) => b.to - b.from - (a.to - a.from))[0]
    if (fullest === undefined) return null // other files have all of it
    writeOut(fullest)
    return pool.take()
  }
  return {
    write(bytes, position) {
      for (let at = 0; at < bytes.length;) {
        const place = position + at
        const block = [...blocks].find(({ to }) => to === place) ?? open(place)
        if (block === null) return writeAt(bytes.subarray(at), place)
        const count = Math.min(bytes.length - at, block.limit - place)
        bytes.copy(block.memory, place - block.from, at, at + count)
        block.to += count
        at += count
        if (block.to === block.limit) writeOut(block)
      }
    },
    pending: () => [...blocks].map(({ from, to }): Range => [from, to]),
    flush: () => [...blocks].forEach(writeOut),
    drop: () => [...blocks].forEach(release),
  }
}
