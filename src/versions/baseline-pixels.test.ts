import { PNG } from 'pngjs'
import { expect, test } from 'vitest'
import { comparePixels, isTolerated } from './baseline-compare.ts'
import { decodePng, encodePng, hashPixels, type Pixels } from './baseline-pixels.ts'

test('a picture keeps its pixels and loses its metadata', async () => {
  const pixels = square(4, 100)
  const bytes = await encodePng(pixels)
  const tagged = insertChunk(bytes, 'tEXt', 'prompt\0{"1": {}}')
  const decoded = await decodePng(tagged)
  expect(decoded).not.toBeNull()
  expect(hashPixels(decoded ?? square(1, 0))).toBe(hashPixels(pixels))
})

test('equal pixels in another shape are another picture', () => {
  const { data } = square(4, 100)
  expect(hashPixels({ width: 2, height: 8, data })).not.toBe(hashPixels(square(4, 100)))
})

test('what is no single picture of a sensible size is left to its bytes', async () => {
  const bytes = await encodePng(square(4, 100))
  const metadata = insertChunk(insertChunk(bytes, 'acTL', '\0'.repeat(8)), 'tEXt', 'x'.repeat(9000))
  expect(await decodePng(metadata)).toBeNull()
  const huge = Buffer.from(bytes)
  huge.writeUInt32BE(1_000_000, 16)
  huge.writeUInt32BE(1_000_000, 20)
  expect(await decodePng(huge)).toBeNull()
  expect(await decodePng(bytes.subarray(0, bytes.length - 20))).toBeNull()
  expect(await decodePng(Buffer.from('RIFF'))).toBeNull()
  expect(await decodePng(Buffer.alloc(0))).toBeNull()
})

test('a difference has a largest channel and a share of pixels that look different', async () => {
  const before = square(10, 100)
  const after = square(10, 100)
  after.data.fill(255, 0, 4 * 20)
  const difference = await comparePixels(before, after)
  expect(difference.channel).toBe(155)
  expect(difference.share).toBe(20)
  expect(isTolerated(difference, { channel: 154, share: null })).toBe(false)
  expect(isTolerated(difference, { channel: 155, share: null })).toBe(true)
  expect(isTolerated(difference, { channel: 0, share: 20 })).toBe(true)
  expect(isTolerated(difference, { channel: 0, share: 19.9 })).toBe(false)
})

function square(side: number, value: number): Pixels {
  const png = new PNG({ width: side, height: side })
  png.data.fill(value)
  for (let at = 3; at < png.data.length; at += 4) png.data[at] = 255
  return { width: side, height: side, data: png.data }
}

/** After the header, which takes the first 33 bytes. */
function insertChunk(png: Buffer, type: string, text: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const chunk = [length, Buffer.from(type), Buffer.from(text, 'latin1')]
  const crc = crcOf(Buffer.concat(chunk.slice(1)))
  return Buffer.concat([png.subarray(0, 33), ...chunk, crc, png.subarray(33)])
}

function crcOf(bytes: Buffer): Buffer {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  const out = Buffer.alloc(4)
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0)
  return out
}
