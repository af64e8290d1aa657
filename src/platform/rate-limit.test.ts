import { expect, test } from 'vitest'
import { createRateLimit } from './rate-limit.ts'

test('without a limit nobody rests', () => {
  expect(createRateLimit().take(2 ** 40, null, 0)).toBe(0)
})

test('connections together get no more than the limit, whoever takes', () => {
  const limit = createRateLimit()
  let now = 0
  for (let taken = 0; taken < 10_000_000; taken += 100_000)
    now += limit.take(100_000, 1_000_000, now)
  expect(now).toBeGreaterThan(9900)
  expect(now).toBeLessThanOrEqual(10_000)
})

test('time in which nothing came is not saved up', () => {
  const limit = createRateLimit()
  limit.take(1000, 1000, 0)
  expect(limit.take(1000, 1000, 60_000)).toBe(1000)
})
