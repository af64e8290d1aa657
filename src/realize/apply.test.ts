import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { failureOf } from '../../test/helpers/failure.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import type { ComfypinEvent } from '../core/events.ts'
import { apply, type RunStep } from './apply.ts'
import type { BytecodeStep, CheckoutStep, HomeStep, Step } from './step.ts'

type Limits = Parameters<typeof apply>[3]

function step(id: string, ...needs: string[]): HomeStep {
  return { id, kind: 'home', needs, action: 'write', path: id }
}

function compile(id: string, ...needs: string[]): BytecodeStep {
  return { id, kind: 'bytecode', needs, action: 'compile', path: id }
}

interface StartedStep {
  readonly signal: AbortSignal
  readonly leaveLane: () => void
  readonly end: (done: Promise<boolean>) => void
}

/** A run whose steps end when, and as, the test says. */
function start(steps: readonly Step[], limits: Limits = {}) {
  const { ctx, events, abort } = createTestCtx()
  const started = new Map<string, StartedStep>()
  const run: RunStep = ({ signal }, { id }, leaveLane) =>
    new Promise((resolve) => started.set(id, { signal, leaveLane, end: resolve }))
  const end = async (id: string, done: Promise<boolean>) => {
    started.get(id)?.end(done)
    await turn()
  }
  return {
    /** What it was rejected with; null when all went well. */
    outcome: apply(ctx, steps, run, limits).then(
      () => null,
      (error: unknown) => error,
    ),
    events,
    abort,
    finish: (id: string) => end(id, Promise.resolve(false)),
    reuse: (id: string) => end(id, Promise.resolve(true)),
    fail: (id: string, error: Error) => end(id, Promise.reject(error)),
    leaveLane: async (id: string) => {
      started.get(id)?.leaveLane()
      await turn()
    },
    started: () => [...started.keys()],
    isStopped: (id: string) => started.get(id)?.signal.aborted,
  }
}

test('steps that need nothing start side by side', () => {
  const { started } = start([step('a'), step('b'), step('c')])
  expect(started()).toEqual(['a', 'b', 'c'])
})

test('a step that leaves its lane makes room for the next, and is waited for all the same', async () => {
  const run = start([compile('a'), compile('b'), step('c', 'a')], { bytecode: 1 })
  expect(run.started()).toEqual(['a'])
  await run.leaveLane('a')
  expect(run.started()).toEqual(['a', 'b'])
  await run.finish('b')
  const outcome = await Promise.race([run.outcome, turn('still running')])
  expect(outcome).toBe('still running')
  await run.finish('a')
  await run.finish('c')
  expect(await run.outcome).toBeNull()
})

test('a step starts when everything it needs is done, and not before', async () => {
  const run = start([step('a'), step('b'), step('c', 'a', 'b'), step('d', 'c')])
  await run.finish('b')
  expect(run.started()).toEqual(['a', 'b'])
  await run.finish('a')
  expect(run.started()).toEqual(['a', 'b', 'c'])
  await run.finish('c')
  await run.finish('d')
  expect(await run.outcome).toBeNull()
})

test('a step that needs little does not wait for others', async () => {
  const run = start([step('slow'), step('fast'), step('next', 'fast')])
  await run.finish('fast')
  expect(run.started()).toEqual(['slow', 'fast', 'next'])
})

test('steps without a change are not run, and nobody waits for them', async () => {
  const run = start([{ ...step('a'), action: 'reuse' }, step('b', 'a'), step('c', 'not planned')])
  expect(run.started()).toEqual(['b', 'c'])
  await run.finish('b')
  await run.finish('c')
  expect(await run.outcome).toBeNull()
})

test('a plan without changes is over at once', async () => {
  expect(await start([]).outcome).toBeNull()
  expect(await start([{ ...step('a'), action: 'reuse' }]).outcome).toBeNull()
})

test('no more steps of a kind run at once than its limit allows; other kinds go on', async () => {
  const steps = [compile('a'), compile('b'), compile('c'), step('other')]
  const run = start(steps, { bytecode: 2 })
  expect(run.started()).toEqual(['a', 'b', 'other'])
  await run.finish('b')
  expect(run.started()).toEqual(['a', 'b', 'other', 'c'])
})

test('a failure starts nothing new, and is told when what runs has ended', async () => {
  const run = start([step('a'), step('b'), step('c', 'b'), step('d')], {})
  const failure = new ComfypinError('DISK_WRITE', { path: 'a', reason: 'no space' })
  await run.fail('a', failure)
  await run.finish('b')
  expect(run.started()).toEqual(['a', 'b', 'd'])
  let isOver = false
  const settled = run.outcome.finally(() => (isOver = true))
  await turn()
  expect(isOver).toBe(false)
  await run.finish('d')
  expect(await settled).toBe(failure)
})

test('a failure tells the others to stop, and their giving up does not hide it', async () => {
  const run = start([step('a'), step('b')])
  const failure = new ComfypinError('DISK_WRITE', { path: 'b', reason: 'no space' })
  expect(run.isStopped('a')).toBe(false)
  await run.fail('b', failure)
  expect(run.isStopped('a')).toBe(true)
  await run.fail('a', new ComfypinError('INTERRUPTED', {}))
  expect(await run.outcome).toBe(failure)
})

test('of two failures the first is told, even when it is no error of ours', async () => {
  const run = start([step('a'), step('b')])
  const first = new TypeError('a defect')
  await run.fail('b', first)
  await run.fail('a', new ComfypinError('DISK_WRITE', { path: 'a', reason: 'no space' }))
  expect(await run.outcome).toBe(first)
})

test('a run that throws at once fails its step', async () => {
  const { ctx, events } = createTestCtx()
  const defect = new TypeError('a defect')
  const over = apply(
    ctx,
    [step('a')],
    () => {
      throw defect
    },
    {},
  )
  expect(await failureOf(over)).toBe(defect)
  expect(events.at(-1)).toMatchObject({ type: 'step.fail', id: 'a', code: 'INTERNAL' })
})

test('an interrupted run stops its steps and starts no more', async () => {
  const run = start([step('a'), step('b', 'a')])
  run.abort()
  expect(run.isStopped('a')).toBe(true)
  await run.finish('a')
  expect(run.started()).toEqual(['a'])
  expect(await run.outcome).toMatchObject({ code: 'INTERRUPTED' })
})

test('a run that is interrupted when its last step ends is complete', async () => {
  const run = start([step('a')])
  run.abort()
  await run.finish('a')
  expect(await run.outcome).toBeNull()
})

test('steps that wait for each other are a defect, not an endless wait', async () => {
  const run = start([step('a', 'b'), step('b', 'a'), step('c')])
  await run.finish('c')
  expect(await run.outcome).toMatchObject({
    code: 'INTERNAL',
    params: { reason: 'steps wait for each other: a, b' },
  })
})

test('every step tells of its start and its end', async () => {
  const run = start([step('a'), compile('b', 'a'), step('c', 'b')])
  await run.finish('a')
  await run.reuse('b')
  await run.fail('c', new ComfypinError('DISK_WRITE', { path: 'c', reason: 'no space' }))
  await run.outcome
  const home = (id: string) => ({ id, kind: 'home', subject: id })
  const ms = expect.any(Number)
  expect(run.events).toEqual([
    { type: 'step.start', ...home('a') },
    { type: 'step.end', ...home('a'), ms, reused: false },
    { type: 'step.start', id: 'b', kind: 'bytecode', subject: 'b' },
    { type: 'step.end', id: 'b', kind: 'bytecode', subject: 'b', ms, reused: true },
    { type: 'step.start', ...home('c') },
    { type: 'step.fail', ...home('c'), code: 'DISK_WRITE' },
  ])
})

test('a step is called after what it is about', async () => {
  const { ctx, events } = createTestCtx()
  const git = { repo: 'r', registry: null, subdir: null, size: null }
  const checkout = { kind: 'checkout', needs: [], action: 'clone', path: '/p', ...git } as const
  const steps: Step[] = [
    { ...checkout, id: '1', pack: null, commit: 'abcdef0123456789'.repeat(2) },
    { ...checkout, id: '2', pack: 'alpha', commit: null },
    { ...checkout, id: '6', pack: 'kj', commit: null, registry: { id: 'kj', version: '1.2.3' } },
    { kind: 'pack', id: '3', needs: [], action: 'place', pack: 'beta', checkout: '', path: '/p' },
    { kind: 'check', id: '4', needs: [], action: 'run', packs: ['alpha', 'beta'] },
    step('/home'),
  ]
  await apply(ctx, steps, async () => false, {})
  const subjects = events.flatMap((event) => (event.type === 'step.start' ? [event.subject] : []))
  expect(subjects).toEqual([
    'core abcdef012345',
    'alpha',
    'kj 1.2.3',
    'beta',
    'alpha, beta',
    '/home',
  ])
})

/** Each step may need any of those before it. */
const anyGraph = fc
  .array(fc.record({ needs: fc.array(fc.nat()), heavy: fc.boolean() }))
  .map((drawn) =>
    drawn.map(({ needs, heavy }, index) => {
      const make = heavy ? compile : step
      return make(`${index}`, ...(index === 0 ? [] : needs.map((need) => `${need % index}`)))
    }),
  )

test('in whatever order steps end, needs come first, limits hold and all are run', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      anyGraph,
      fc.integer({ min: 1, max: 3 }),
      async (s, steps, limit) => {
        const { ctx, events } = createTestCtx()
        const run = async (_: Ctx, { id }: Step) => s.schedule(Promise.resolve(false), id)
        await s.waitFor(apply(ctx, steps, run, { bytecode: limit }))
        expect(events.filter(({ type }) => type === 'step.end')).toHaveLength(steps.length)
        expect(violations(events, steps, limit)).toEqual([])
      },
    ),
  )
})

/** Starts that came before a need was done, or that made more of the limited kind run than allowed. */
function violations(events: readonly ComfypinEvent[], steps: readonly Step[], limit: number) {
  const needs = new Map(steps.map((one) => [one.id, one.needs]))
  const done = new Set<string>()
  const heavy = new Set<string>()
  return events.filter((event) => {
    if (event.type !== 'step.start' && event.type !== 'step.end') return true
    if (event.type === 'step.end') {
      done.add(event.id)
      heavy.delete(event.id)
      return false
    }
    if (event.kind === 'bytecode') heavy.add(event.id)
    return heavy.size > limit || needs.get(event.id)?.some((id) => !done.has(id)) !== false
  })
}

function fetchStep(id: string): CheckoutStep {
  const repo = `https://example.org/${id}`
  return {
    ...{ id, kind: 'checkout', needs: [], action: 'clone' },
    ...{ pack: id, repo, registry: null, subdir: null, commit: null, path: id, size: null },
  }
}

test('checkouts under way end by themselves, and each failure is told', async () => {
  const run = start([fetchStep('a'), fetchStep('b'), fetchStep('c'), step('d'), step('e', 'a')])
  const first = new ComfypinError('GIT_MISSING', {})
  await run.fail('b', first)
  expect(['a', 'c', 'd'].map(run.isStopped)).toEqual([false, false, true])
  await run.fail('d', new ComfypinError('INTERRUPTED', {}))
  await run.finish('a')
  await run.fail('c', new ComfypinError('UV_MISSING', { reason: 'none' }))
  expect(await run.outcome).toBe(first)
  expect(run.started()).not.toContain('e')
  expect(run.events.filter(({ type }) => type === 'warning')).toEqual([
    {
      type: 'warning',
      code: 'STEP_ALSO_FAILED',
      params: { subject: 'c', reason: expect.stringContaining('uv is not here') },
    },
  ])
})
