import { expect, test } from 'vitest'
import { createGrowth } from './growth.ts'
import { TUNING } from './tuning.ts'

const START = TUNING.startConnections

const GIB = 2 ** 30

/** Run the clock for some seconds against a server whose total rate depends on the connections. */
function run(
  rateOf: (connections: number) => number,
  { bytes = 10 * GIB, cap = 48, seconds = 5 } = {},
) {
  const growth = createGrowth(bytes, cap)
  let received = 0
  for (let now = 0; now < seconds * 1000; now += 100) {
    const connections = growth.target()
    growth.tick({ now, received, connections, answered: connections })
    received += rateOf(connections) * 100
  }
  return growth
}

test('a small file has one connection, a big one several at once', () => {
  expect(
    [0, 1 << 20, 8 << 20, 20 << 20, GIB].map((size) => createGrowth(size, 48).target()),
  ).toEqual([1, 1, 2, 5, START])
  expect(createGrowth(GIB, 3).target()).toBe(3)
})

test('a server that limits each connection gets as many as are allowed', () => {
  expect(run((connections) => connections * 20).target()).toBe(48)
})

test('where more connections bring nothing, no more are opened', () => {
  expect(run(() => 1000, { seconds: 2 }).target()).toBe(START)
  expect(
    run((connections) => Math.min(connections, START * 1.3), { cap: 96, seconds: 1 }).target(),
  ).toBe(2 * START)
})

test('now and then a few more are tried, and given up again', () => {
  const tenths = Array.from({ length: 200 }, (_, at) => 2 + at / 10)
  const targets = tenths.map((seconds) => run(() => 1000, { seconds }).target())
  expect(new Set(targets)).toEqual(new Set([START, START * 1.25]))
  expect(targets.filter((target) => target === START * 1.25).length).toBeLessThan(20)
})

test('a server that becomes faster is noticed', () => {
  let asked = 0
  const rate = (connections: number) => (asked++ < 50 ? 1000 : connections * 100)
  expect(run(rate, { seconds: 30 }).target()).toBeGreaterThan(START)
})

test('nothing is judged before every connection has been answered', () => {
  const growth = createGrowth(GIB, 48)
  for (let now = 0; now < 5000; now += 100)
    growth.tick({ now, received: now, connections: START, answered: START - 1 })
  expect(growth.target()).toBe(START)
})

test('a server that refuses connections is asked for more only now and then, and gently', () => {
  const growth = createGrowth(GIB, 48)
  growth.fail(0, 4)
  expect(growth.target()).toBe(4)
  const tick = (now: number) =>
    growth.tick({
      now,
      received: now * 100,
      connections: growth.target(),
      answered: growth.target(),
    })
  for (let now = 0; now < 2000; now += 100) tick(now)
  expect(growth.target()).toBe(4)
  for (let now = 2000; now < 2300; now += 100) tick(now)
  expect(growth.target()).toBe(5)
  growth.fail(2300, 4)
  for (let now = 2300; now < 6200; now += 100) tick(now)
  expect(growth.target()).toBe(4)
})
