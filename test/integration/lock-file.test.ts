import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { withLockFile } from '../../src/platform/lock-file.ts'
import { bundleProgram, startProgram } from '../helpers/child-program.ts'
import { until } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

let program: string

beforeAll(async () => {
  program = await bundleProgram('lock-file-child')
})

function setUp() {
  const dir = tempDir()
  const paths = { lock: join(dir, 'a.lock'), log: join(dir, 'log') }
  const start = (rounds: number) => startProgram(program, { ...paths, rounds })
  const lines = () => readFileSync(paths.log, { encoding: 'utf8', flag: 'a+' }).trim().split('\n')
  return { ...paths, start, lines }
}

test('of several processes only one works at a time', async () => {
  const { start, lines } = setUp()
  const processes = [start(5), start(5), start(5)]
  for (const { ended } of processes) expect(await ended).toMatchObject({ signal: null, stderr: '' })
  const seen = lines()
  expect(seen).toHaveLength(30)
  const pairs = seen.filter((_, index) => index % 2 === 0)
  expect(pairs.map((line, index) => [line, seen[index * 2 + 1]])).toEqual(
    pairs.map((line) => [expect.stringMatching(/^in /), line.replace('in', 'out')]),
  )
})

test('what a killed process held is free at once', async () => {
  const { start, lines, lock } = setUp()
  const holder = start(0)
  await until(() => lines()[0] === `in ${holder.pid}`)
  const { ctx, waitFor } = createTestCtx()
  const work = withLockFile(ctx, lock, async () => 'mine')
  await waitFor((event): event is typeof event => event.type === 'lock.wait')
  process.kill(holder.pid, 'SIGKILL')
  expect(await holder.ended).toMatchObject({ signal: 'SIGKILL' })
  expect(await work).toBe('mine')
})
