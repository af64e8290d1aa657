import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readIntoBlock, readIntoShared } from './read-into.ts'

test('what is read in one go is handed on in one go', () => {
  const got: string[] = []
  const { onread } = readIntoShared(Buffer.alloc(10), (chunk) => got.push(chunk.toString()))
  Buffer.from('hello').copy(onread.buffer as Buffer)
  onread.callback(5, onread.buffer as Buffer)
  expect(got).toEqual(['hello'])
})

test('records that are laid side by side are handed on in order, whenever that happens', async () => {
  const anyReads = fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 16 << 10 }), turn: fc.boolean() }),
  )
  await fc.assert(
    fc.asyncProperty(anyReads, async (reads) => {
      const got: number[] = []
      const { onread, flush } = readIntoBlock((chunk) => got.push(...chunk))
      const nextBuffer = onread.buffer as () => Buffer
      const expected: number[] = []
      // as Node does it: the next buffer is asked for right after a read, and used much later
      let buffer = nextBuffer()
      for (const [index, { size, turn }] of reads.entries()) {
        buffer.fill(index % 251, 0, size)
        for (let at = 0; at < size; at++) expected.push(index % 251)
        onread.callback(size, buffer)
        buffer = nextBuffer()
        expect(buffer.length).toBeGreaterThanOrEqual(16 << 10)
        if (turn) await nextTurn()
      }
      flush()
      expect(Buffer.from(got).equals(Buffer.from(expected))).toBe(true)
    }),
    { numRuns: 50 },
  )
})
