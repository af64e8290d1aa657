import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBlockPool } from '../platform/block-pool.ts'
import { createBlockWriter } from './block-writer.ts'
import { addRange, removeRange, type Range } from './ranges.ts'

const BLOCK = 64

/** A file in memory, and the sizes of what is written to it. */
function setUp(pool = createBlockPool()) {
  const file = Buffer.alloc(16 * BLOCK)
  const writes: Range[] = []
  const writer = createBlockWriter(
    pool,
    (bytes, at) => {
      writes.push([at, at + bytes.length])
      bytes.copy(file, at)
    },
    BLOCK,
  )
  return { file, writes, writer }
}

test('little pieces become whole blocks, at the places where blocks begin', () => {
  const { file, writes, writer } = setUp()
  const bytes = Buffer.from(Array.from({ length: 3 * BLOCK }, (_, index) => index))
  for (let at = 10; at < bytes.length; at += 7) writer.write(bytes.subarray(at, at + 7), at)
  expect(writes).toEqual([
    [10, BLOCK],
    [BLOCK, 2 * BLOCK],
    [2 * BLOCK, 3 * BLOCK],
  ])
  expect(file.subarray(10, bytes.length)).toEqual(bytes.subarray(10))
  expect(writer.pending()).toEqual([])
})

test('without memory the fullest block goes first, and without any all is written at once', () => {
  const pool = createBlockPool()
  const { writes, writer } = setUp(pool)
  for (let one = 0; one < 8; one++) writer.write(Buffer.alloc(one === 3 ? 9 : 5), one * BLOCK)
  writer.write(Buffer.alloc(5), 9 * BLOCK)
  expect(writes).toEqual([[3 * BLOCK, 3 * BLOCK + 9]])
  const other = setUp(pool)
  other.writer.write(Buffer.alloc(5), 20)
  expect(other.writes).toEqual([[20, 25]])
  writer.drop()
  other.writer.write(Buffer.alloc(5), 25)
  expect(other.writes).toHaveLength(1)
  expect(other.writer.pending()).toEqual([[25, 30]])
})

test('what is in the file and what is pending are together all that was taken', () => {
  const piece = fc.record({ lane: fc.nat(11), length: fc.integer({ min: 1, max: 3 * BLOCK }) })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, flushes) => {
      const { file, writes, writer } = setUp()
      const lane = (16 * BLOCK) / 12
      const ends = Array.from({ length: 12 }, (_, index) => Math.floor(index * lane))
      let taken: Range[] = []
      for (const { lane: index, length } of pieces) {
        const from = ends[index] ?? 0
        const to = Math.min(from + length, Math.floor((index + 1) * lane))
        writer.write(Buffer.alloc(to - from, 1), from)
        taken = addRange(taken, [from, to])
        ends[index] = to
      }
      if (flushes) writer.flush()
      const inFile = writer.pending().reduce(removeRange, taken)
      expect(writes.reduce(addRange, new Array<Range>())).toEqual(inFile)
      for (const [from, to] of inFile) expect(file.subarray(from, to).every(Boolean)).toBe(true)
      if (flushes) expect(inFile).toEqual(taken)
    }),
  )
})
