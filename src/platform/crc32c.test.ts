import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCrc32c } from './crc32c.ts'

function crcOf(...parts: readonly Uint8Array[]): string {
  const crc = createCrc32c()
  for (const part of parts) crc.update(part)
  return crc.digest('hex')
}

/** One bit at a time: slow, and plainly what the polynomial says. */
function bitwise(bytes: Uint8Array): string {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (~crc >>> 0).toString(16).padStart(8, '0')
}

describe('CRC-32C', () => {
  // RFC 3720 B.4, which writes them least significant byte first
  test.each([
    ['nothing', Buffer.alloc(0), '00000000'],
    ['"123456789"', Buffer.from('123456789'), 'e3069283'],
    ['32 zeros', Buffer.alloc(32), '8a9136aa'],
    ['32 ones', Buffer.alloc(32, 0xff), '62a8ab43'],
    ['32 ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), '46dd794e'],
    [
      '32 descending bytes',
      Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at)),
      '113fdb5c',
    ],
  ])('of %s is the one that the standard gives', (_, bytes, expected) => {
    expect(crcOf(bytes)).toBe(expected)
  })

  test('is the same however the bytes come in pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (parts) => {
        const whole = Buffer.concat(parts)
        expect(crcOf(...parts)).toBe(bitwise(whole))
      }),
    )
  })

  test('is made from its text as well', () => {
    // oxlint-disable-next-line no-implied-eval -- that is how a thread gets it
    const again: unknown = new Function(`return (${createCrc32c.toString()})()`)()
    expect(again).toMatchObject({ update: expect.any(Function), digest: expect.any(Function) })
  })
})
