import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBlockPool, UNIT_BYTES } from '../platform/block-pool.ts'
import { createBlockWriter } from './block-writer.ts'
import { addRange, removeRange, type Range } from './ranges.ts'

const BLOCK = 64

/** A file in memory, and the sizes of what is written to it. */
function setUp(pool = createBlockPool()) {
  const file = Buffer.alloc(16 * BLOCK)
  const writes: Range[] = []
  const writer = createBlockWriter(
    pool,
    (buffers, at) => {
      const bytes = Buffer.concat(buffers)
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
  while (pool.take() !== null); // others have nearly all
  const own = Array.from({ length: 3 }, () => Buffer.alloc(UNIT_BYTES))
  pool.give(own)
  const { writes, writer } = setUp(pool)
  for (const [place, length] of [5, 9, 7].entries())
    writer.write(Buffer.alloc(length), place * BLOCK)
  writer.write(Buffer.alloc(5), 9 * BLOCK)
  expect(writes).toEqual([[BLOCK, BLOCK + 9]])
  const other = setUp(pool)
  other.writer.write(Buffer.alloc(5), 20)
  expect(other.writes).toEqual([[20, 25]])
  writer.drop()
  other.writer.write(Buffer.alloc(5), 25)
  expect(other.writes).toHaveLength(1)
  expect(other.writer.pending()).toEqual([[25, 30]])
})

test.each([
  [48, 4],
  [2, 2],
  [1, 1],
])('with %i units of memory one connection writes %i MiB at once', (units, mib) => {
  const pool = createBlockPool()
  const all = Array.from({ length: 48 }, () => pool.take() ?? Buffer.alloc(0))
  pool.give(all.slice(0, units))
  const sizes: number[] = []
  const parts: Buffer[] = []
  const writer = createBlockWriter(pool, (buffers) => {
    const bytes = Buffer.concat(buffers)
    sizes.push(bytes.length)
    parts.push(bytes)
  })
  const bytes = randomBytes(8 * UNIT_BYTES)
  for (let at = 0; at < bytes.length; at += 300_000)
    writer.write(bytes.subarray(at, at + 300_000), at)
  writer.flush()
  expect(sizes).toEqual(Array.from({ length: 8 / mib }, () => mib * UNIT_BYTES))
  expect(Buffer.concat(parts).equals(bytes)).toBe(true)
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
