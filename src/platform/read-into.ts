import type { OnReadOpts } from 'node:net'

/** Where the bytes of a connection are read to. */
export interface ReadInto {
  readonly onread: OnReadOpts
  /** Hand on what is held back; before the connection is said to be over. */
  flush(): void
}

/** Plain bytes go through one buffer that many connections share: each read is handed on at once. */
export function readIntoShared(buffer: Buffer, feed: (chunk: Buffer) => void): ReadInto {
  const callback = (count: number, bytes: Uint8Array) => {
    feed(Buffer.from(bytes.buffer, bytes.byteOffset, count))
    return true
  }
  return { onread: { buffer, callback }, flush: () => {} }
}

const BLOCK_BYTES = 64 << 10
/** TLS hands out one record at a time. */
const RECORD_BYTES = 16 << 10

/**
 * Deciphered records are small; those that come together are laid side by side and handed on as one:
 * a system call for each would cost more than its bytes.
 */
export function readIntoBlock(feed: (chunk: Buffer) => void): ReadInto {
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  let handedOn = 0
  let filled = 0
  let waiting: NodeJS.Immediate | null = null
  const flush = () => {
    if (waiting !== null) clearImmediate(waiting)
    waiting = null
    const chunk = block.subarray(handedOn, filled)
    handedOn = filled
    if (chunk.length > 0) feed(chunk)
  }
  const callback = (count: number) => {
    filled += count
    if (filled > BLOCK_BYTES - RECORD_BYTES) {
      flush()
      handedOn = 0
      filled = 0
    } else waiting ??= setImmediate(flush)
    return true
  }
  // Asked for right after the callback, for the next read: only there may the block begin anew.
  return { onread: { buffer: () => block.subarray(filled), callback }, flush }
}
