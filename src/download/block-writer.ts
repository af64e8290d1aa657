import { BLOCK_BYTES, UNIT_BYTES, type BlockPool } from '../platform/block-pool.ts'
import type { Range } from './ranges.ts'

/** Writes all of some buffers, one after the other, at a place of the file. */
export type WriteAt = (buffers: readonly Buffer[], position: number) => void

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
  readonly units: Buffer[]
  /** The one that is being filled. */
  unit: Buffer
  readonly from: number
  /** Where the file's next block begins. */
  readonly limit: number
  to: number
}

/**
 * One block for each place where bytes come in. It is written when it is full, or earlier when there is
 * no memory to let it grow: with few connections writes are as big as blocks, with many at least as
 * units.
 */
export function createBlockWriter(
  pool: BlockPool,
  writeAt: WriteAt,
  blockBytes = BLOCK_BYTES,
): BlockWriter {
  const blocks = new Set<Block>()
  const release = (block: Block) => {
    blocks.delete(block)
    pool.give(block.units)
  }
  const writeOut = (block: Block) => {
    writeAt(contentOf(block), block.from)
    release(block)
  }
  const open = (position: number): Block | null => {
    const unit = pool.take() ?? takeFromFullest()
    if (unit === null) return null
    const limit = (Math.floor(position / blockBytes) + 1) * blockBytes
    const block = { units: [unit], unit, from: position, to: position, limit }
    blocks.add(block)
    return block
  }
  const takeFromFullest = (): Buffer | null => {
    const fullest = [...blocks].toSorted((a, b) => b.to - b.from - (a.to - a.from))[0]
    if (fullest === undefined) return null // other files have all of it
    writeOut(fullest)
    return pool.take()
  }
  /** The block that goes on at a place, with room; null: nothing can be gathered now. */
  const blockAt = (place: number): Block | null => {
    const block = [...blocks].find(({ to }) => to === place)
    if (block === undefined) return open(place)
    if (roomOf(block) > 0) return block
    const unit = pool.take()
    if (unit !== null) {
      block.units.push(unit)
      block.unit = unit
      return block
    }
    writeOut(block)
    return open(place)
  }
  return {
    write(bytes, position) {
      for (let at = 0; at < bytes.length;) {
        const place = position + at
        const block = blockAt(place)
        if (block === null) return writeAt([bytes.subarray(at)], place)
        const count = Math.min(bytes.length - at, roomOf(block))
        bytes.copy(block.unit, (place - block.from) % UNIT_BYTES, at, at + count)
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

/** Bytes that fit into its last unit. */
function roomOf({ units, from, to, limit }: Block): number {
  return Math.min(from + units.length * UNIT_BYTES, limit) - to
}

function contentOf({ units, from, to }: Block): Buffer[] {
  return units.map((unit, index) => unit.subarray(0, to - from - index * UNIT_BYTES))
}
