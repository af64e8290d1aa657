/** Like a hash of `node:crypto`, which has no CRC. */
export interface Crc32c {
  update(bytes: Uint8Array): void
  /** Big-endian, as the stores of Google and Amazon write it. */
  digest(encoding: 'hex'): string
}

/**
 * CRC-32C (Castagnoli, RFC 3720), eight bytes a step. It is also run from its text, in a thread that
 * has nothing else of this file, so it must not use anything outside of itself.
 */
export function createCrc32c(): Crc32c {
  // table[n][byte]: what a byte contributes that stands n bytes before the end of a step
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256))
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables
  if (!t0 || !t1 || !t2 || !t3 || !t4 || !t5 || !t6 || !t7) throw new Error('eight were made')
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    t0[byte] = value
  }
  for (let n = 1; n < 8; n++)
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[n - 1]?.[byte] ?? 0
      const table = tables[n]
      if (table) table[byte] = (t0[before & 255] ?? 0) ^ (before >>> 8)
    }
  let crc = -1
  return {
    update(bytes) {
      const at = (index: number): number => bytes[index] ?? 0
      let position = 0
      for (; position + 8 <= bytes.length; position += 8) {
        const low =
          crc ^
          (at(position) |
            (at(position + 1) << 8) |
            (at(position + 2) << 16) |
            (at(position + 3) << 24))
        crc =
          (t7[low & 255] ?? 0) ^
          (t6[(low >>> 8) & 255] ?? 0) ^
          (t5[(low >>> 16) & 255] ?? 0) ^
          (t4[low >>> 24] ?? 0) ^
          (t3[at(position + 4)] ?? 0) ^
          (t2[at(position + 5)] ?? 0) ^
          (t1[at(position + 6)] ?? 0) ^
          (t0[at(position + 7)] ?? 0)
      }
      for (; position < bytes.length; position++)
        crc = (t0[(crc ^ at(position)) & 255] ?? 0) ^ (crc >>> 8)
    },
    digest: () => ((crc ^ -1) >>> 0).toString(16).padStart(8, '0'),
  }
}
