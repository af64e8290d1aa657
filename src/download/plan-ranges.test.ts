import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRangePlan, type RangePlan, type Segment } from './plan-ranges.ts'
import { addRange, areSound, gapsOf, prefixOf, totalOf, type Range } from './ranges.ts'

const MIB = 1 << 20

const ALL = Number.POSITIVE_INFINITY

function claimed(plan: RangePlan, { piece = ALL, slowMs = 1000 } = {}): Segment {
  const segment = plan.claim(piece, slowMs)
  if (segment === null) throw new Error('nothing was left to claim')
  return segment
}

const spans = (plan: RangePlan) => plan.active().map(({ at, to }) => [at, to])

const anyRanges = fc
  .uniqueArray(fc.nat(40), { maxLength: 12 })
  .map((marks) => marks.toSorted((a, b) => a - b))
  .map((marks) =>
    marks.flatMap((mark, index): Range[] =>
      index % 2 === 0 && marks[index + 1] !== undefined ? [[mark, marks[index + 1] ?? 0]] : [],
    ),
  )

test('ranges and their gaps cover a file exactly', () => {
  fc.assert(
    fc.property(anyRanges, fc.nat(40), fc.nat(40), (ranges, from, to) => {
      const all = addRange(ranges, [from, to])
      const bytes = new Set(ranges.flatMap(([a, b]) => numbers(a, b)).concat(numbers(from, to)))
      expect(totalOf(all)).toBe(bytes.size)
      expect(areSound(all, 40)).toBe(true)
      expect(totalOf(gapsOf(all, 40)) + totalOf(all)).toBe(40)
    }),
  )
})

test('ranges that overlap, touch, are empty or leave the file are not sound', () => {
  const touching: Range[] = [
    [0, 5],
    [5, 6],
  ]
  const unsorted: Range[] = [
    [3, 6],
    [0, 2],
  ]
  for (const ranges of [[[0, 0]], [[5, 3]], [[0, 11]], [[-1, 2]], touching, unsorted] as Range[][])
    expect(areSound(ranges, 10)).toBe(false)
})

test('connections that start together share the file evenly', () => {
  const plan = createRangePlan(64 * MIB)
  for (let count = 0; count < 8; count++) claimed(plan)
  expect(plan.active().map(({ from, to }) => to - from)).toEqual(Array(8).fill(8 * MIB))
})

test('what an earlier run left free comes first', () => {
  const plan = createRangePlan(64 * MIB, [
    [0, 10 * MIB],
    [20 * MIB, 60 * MIB],
  ])
  expect([claimed(plan), claimed(plan)]).toMatchObject([
    { from: 10 * MIB, to: 20 * MIB },
    { from: 60 * MIB, to: 64 * MIB },
  ])
  expect(plan.received()).toBe(50 * MIB)
})

test('pieces are handed out from the front', () => {
  const plan = createRangePlan(10 * MIB)
  for (let count = 0; count < 3; count++) claimed(plan, { piece: 4 * MIB })
  expect(spans(plan)).toEqual([
    [0, 4 * MIB],
    [4 * MIB, 8 * MIB],
    [8 * MIB, 10 * MIB],
  ])
  expect(plan.unclaimed()).toBe(0)
})

test('a small rest of a healthy connection is left to it', () => {
  const plan = createRangePlan(2 * MIB - 1)
  claimed(plan)
  expect(plan.claim(ALL, 1000)).toBeNull()
})

test('a slow connection keeps what it can fetch while the new one fetches the rest', () => {
  const plan = createRangePlan(20 * MIB)
  const [slow, fast] = [claimed(plan), claimed(plan)]
  Object.assign(slow, { rate: 100 })
  Object.assign(fast, { rate: 900 })
  plan.advance(fast, 10 * MIB)
  plan.release(fast)
  const helper = claimed(plan)
  expect(slow.to).toBe(helper.from)
  expect(helper.to).toBe(10 * MIB)
  Object.assign(helper, { rate: 900 })
  expect((helper.to - helper.from) / (slow.to - slow.at)).toBeGreaterThan(0.9)
})

test('from a connection that gets nothing everything is taken, however little it is', () => {
  const plan = createRangePlan(10 * MIB)
  const [dead, alive] = [claimed(plan), claimed(plan)]
  plan.advance(dead, 5 * MIB - 100_000)
  Object.assign(dead, { rate: 0 })
  Object.assign(alive, { rate: 500 })
  plan.advance(alive, 5 * MIB)
  const helper = claimed(plan, { slowMs: 200 })
  expect(helper).toMatchObject({ from: 5 * MIB - 100_000, to: 5 * MIB })
  expect(dead.to).toBe(dead.at)
})

test('the foremost segment is helped when it is far slower than the others, and only then', () => {
  const plan = createRangePlan(40 * MIB)
  const front = claimed(plan, { piece: 10 * MIB })
  Object.assign(claimed(plan, { piece: 10 * MIB }), { rate: 1000 })
  for (const [rate, isHelped] of [
    [800, false],
    [100, true],
  ] as const) {
    Object.assign(front, { rate })
    expect(plan.claimFront(100) !== null).toBe(isHelped)
  }
  expect(front.to).toBeLessThan(10 * MIB)
  expect(plan.unclaimed()).toBe(20 * MIB)
})

test('a body that goes on takes what is free behind its segment, and no more', () => {
  const plan = createRangePlan(40 * MIB)
  const [first, second] = [claimed(plan), claimed(plan)]
  expect(plan.extend(first, 40 * MIB)).toBe(false)
  plan.advance(second, MIB)
  plan.advance(first, 20 * MIB)
  expect(plan.extend(first, 40 * MIB)).toBe(false)
  plan.release(second)
  expect(plan.extend(first, 40 * MIB)).toBe(false)
  const third = claimed(plan)
  plan.release(third)
  expect(spans(plan)).toEqual([[20 * MIB, 20 * MIB]])
  expect(plan.done()).toEqual([[0, 21 * MIB]])
})

test('whatever happens, no byte is lost, and none is fetched by two', () => {
  const any = fc.array(
    fc.record({
      do: fc.constantFrom('claim', 'front', 'advance', 'release', 'extend', 'rate'),
      who: fc.nat(7),
      much: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 80 },
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 64 * MIB }), any, (size, actions) => {
      const plan = createRangePlan(size)
      for (const { do: verb, who, much } of actions) {
        const segment = plan.active()[who % Math.max(plan.active().length, 1)]
        if (verb === 'claim') plan.claim(1 + Math.floor(much * size), much * 1000)
        else if (verb === 'front') plan.claimFront(much * 1000)
        else if (segment === undefined) continue
        else if (verb === 'advance')
          plan.advance(segment, Math.floor((segment.to - segment.at) * much))
        else if (verb === 'rate') Object.assign(segment, { rate: Math.floor(much * 10) * 100 })
        else if (verb === 'release') plan.release(segment)
        else plan.extend(segment, Math.floor(size * much))
        requireSound(plan, size)
      }
      for (const segment of plan.active()) plan.release(segment)
      finish(plan)
      expect(plan.done()).toEqual(size === 0 ? [] : [[0, size]])
      expect(prefixOf(plan.done())).toBe(size)
    }),
    { numRuns: 300 },
  )
})

function requireSound(plan: RangePlan, size: number): void {
  const done = plan.done()
  expect(areSound(done, size)).toBe(true)
  expect(totalOf(done)).toBe(plan.received())
  const coming = plan.active().map(({ at, to }): Range => [at, Math.max(at, to)])
  const all = coming.reduce(addRange, done)
  expect(totalOf(all)).toBe(totalOf(coming) + totalOf(done))
}

function finish(plan: RangePlan): void {
  for (let segment = plan.claim(ALL, 0); segment !== null; segment = plan.claim(ALL, 0)) {
    plan.advance(segment, segment.to - segment.at)
    plan.release(segment)
  }
  expect(plan.isWhole()).toBe(true)
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
}
