import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/helpers/failure.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import type { ComfypinEvent } from '../core/events.ts'
import { withLockFile } from './lock-file.ts'

type LockWait = Extract<ComfypinEvent, { type: 'lock.wait' }>

const isWait = (event: ComfypinEvent): event is LockWait => event.type === 'lock.wait'

function lockPath(): string {
  return join(tempDir(), 'locks/a.lock')
}

/** A holder that lets go when it is told to. */
function hold(path: string) {
  const { ctx, abort, waitFor, events } = createTestCtx()
  let release: (value: string) => void = () => {}
  let begin = () => {}
  const held = new Promise<void>((resolve) => (begin = resolve))
  const over = withLockFile(ctx, path, () => {
    begin()
    return new Promise<string>((resolve) => (release = resolve))
  })
  return {
    held,
    over,
    abort,
    events,
    waits: () => waitFor(isWait),
    release: (value = '') => release(value),
  }
}

/** A lock file that somebody else left, `host pid start-time nonce`. */
function leftBy(holder: string, ageMs = 0): string {
  const path = lockPath()
  mkdirSync(dirname(path))
  writeFileSync(path, holder)
  const then = new Date(Date.now() - ageMs)
  utimesSync(path, then, then)
  return path
}

test('the work is done and its answer given, and no lock is left', async () => {
  const path = lockPath()
  const { ctx, events } = createTestCtx()
  const answer = await withLockFile(ctx, path, async () => {
    expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`^${hostname()} ${process.pid} `))
    return 42
  })
  expect(answer).toBe(42)
  expect(readdirSync(dirname(path))).toEqual([])
  expect(events).toEqual([])
})

test('work that fails leaves no lock either', async () => {
  const path = lockPath()
  const defect = new TypeError('a defect')
  const work = withLockFile(createTestCtx().ctx, path, () => Promise.reject(defect))
  expect(await failureOf(work)).toBe(defect)
  expect(readdirSync(dirname(path))).toEqual([])
})

test('two in one process exclude each other, and the second says for whom it waits', async () => {
  const path = lockPath()
  const first = hold(path)
  await first.held
  const second = hold(path)
  expect(await second.waits()).toEqual({
    type: 'lock.wait',
    path,
    holder: `${hostname()} ${process.pid}`,
  })
  let entered = false
  void second.held.then(() => (entered = true))
  await turn()
  expect(entered).toBe(false)
  first.release('one')
  expect(await first.over).toBe('one')
  await second.held
  second.release('two')
  expect(await second.over).toBe('two')
  expect(second.events.filter(isWait)).toHaveLength(1)
})

test('of many, only one works at a time', async () => {
  const path = lockPath()
  const { ctx } = createTestCtx()
  const marks: string[] = []
  const work = async (name: string) => {
    marks.push(name)
    await turn()
    marks.push(name)
  }
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => withLockFile(ctx, path, () => work(name))))
  expect(marks).toHaveLength(8)
  expect(marks.filter((name, index) => index % 2 === 0 && marks[index + 1] !== name)).toEqual([])
})

test('other files are other locks', async () => {
  const path = lockPath()
  const [one, other] = [hold(path), hold(`${path}.2`)]
  await Promise.all([one.held, other.held])
  one.release()
  other.release()
  await Promise.all([one.over, other.over])
})

test('who waits can be interrupted, and takes nothing away', async () => {
  const path = lockPath()
  const first = hold(path)
  await first.held
  const second = hold(path)
  await second.waits()
  second.abort()
  expect(await failureOf(second.over)).toMatchObject({ code: 'INTERRUPTED' })
  expect(existsSync(path)).toBe(true)
  first.release()
  await first.over
  expect(readdirSync(dirname(path))).toEqual([])
})

describe('a lock is taken over', () => {
  test.each([
    ['at once from a process that is gone', `${hostname()} ${impossiblePid()} 1 nonce`, 0],
    ['at once from one whose number another process has now', `${hostname()} 1 7 nonce`, 0],
    ['after a minute without a sign from another machine', 'elsewhere 1 1 nonce', 61_000],
    ['after a minute when nothing stands in it', '', 61_000],
  ])('%s', async (_, holder, age) => {
    const path = leftBy(holder, age)
    const { ctx, events } = createTestCtx()
    expect(await withLockFile(ctx, path, async () => readFileSync(path, 'utf8'))).toContain(
      `${process.pid}`,
    )
    expect(events).toEqual([])
    expect(readdirSync(dirname(path))).toEqual([])
  })

  test('by one of those who find it', async () => {
    const path = leftBy(`${hostname()} ${impossiblePid()} 1 nonce`)
    const finders = [hold(path), hold(path), hold(path)]
    const names = finders.map(({ held }, index) => held.then(() => index))
    const first = await Promise.race(names)
    const others = finders.filter((_, index) => index !== first)
    await Promise.all(others.map(({ waits }) => waits()))
    finders[first]?.release()
    for (const { held, release } of others) void held.then(() => release())
    await Promise.all(finders.map(({ over }) => over))
  })
})

test.each([
  ['of a process that lives', `${hostname()} ${process.pid} ${startTime()} nonce`],
  ['of another machine that gave a sign of life', 'elsewhere 1 1 nonce'],
])('a lock %s is waited for', async (_, holder) => {
  const { over, waits, abort } = hold(leftBy(holder))
  expect((await waits()).holder).toBe(holder.split(' ').slice(0, 2).join(' '))
  abort()
  expect(await failureOf(over)).toMatchObject({ code: 'INTERRUPTED' })
})

test('a holder that lost its lock leaves its successor’s alone', async () => {
  const path = lockPath()
  const first = hold(path)
  await first.held
  writeFileSync(path, 'elsewhere 1 1 nonce')
  first.release()
  await first.over
  expect(readFileSync(path, 'utf8')).toBe('elsewhere 1 1 nonce')
})

test('a lock that cannot be made is a failure of the disk', async () => {
  const file = join(tempDir(), 'file')
  writeFileSync(file, '')
  const work = withLockFile(createTestCtx().ctx, join(file, 'a.lock'), async () => {})
  expect(await failureOf(work)).toMatchObject({ code: 'DISK_WRITE' })
})

/** The kernel gives no process this number. */
function impossiblePid(): string {
  return readFileSync('/proc/sys/kernel/pid_max', 'utf8').trim()
}

function startTime(): string {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
