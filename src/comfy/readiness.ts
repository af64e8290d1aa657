import { setTimeout as delay } from 'node:timers/promises'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { MAX_TIMER_MS } from '../core/units.ts'
import { createHttp, type Http } from './http.ts'
import { objectAt, parseObject, textsAt } from './json.ts'
import { instanceDied, logTail, type ComfyProcess, type InstanceExit } from './process.ts'

export interface Starting {
  process: ComfyProcess
  url: string
  host: string
  port: number
  /** The command line after `main.py`; ComfyUI repeats it in `/system_stats`. */
  args: readonly string[]
}

const POLL_MS = 25
/** A pack that asks for a login (ComfyUI-Login) answers in the place of ComfyUI. */
const CLOSED: ReadonlySet<number> = new Set([302, 303, 401, 403])
const ANSWER_MS = 5_000
/** OLD: `OSError: [Errno 98] … address already in use`; NEW: `Port 8188 is already in use on address …`. */
const PORT_IN_USE = /address already in use|Port \d+ is already in use/i
/** Printed after bind, by our own process: proof for cores whose answer has no command line. */
const BOUND = /^(?:\[INFO\] )?To see the GUI go to:/

/**
 * Wait until this very process answers HTTP; another server on the port is not taken for it.
 * The process is stopped when that fails.
 * @throws INSTANCE_DIED, INSTANCE_TIMEOUT, PORT_TAKEN, INTERRUPTED
 */
export async function waitUntilReady(ctx: Ctx, starting: Starting): Promise<void> {
  const { process } = starting
  const over = new AbortController()
  const http = createHttp(starting.url)
  try {
    await Promise.race([
      answers(http, starting, over.signal),
      process.exited.then((exit) => {
        throw failureOf(ctx, starting, exit)
      }),
      expire(ctx.settings.startTimeoutMs, process, over.signal),
    ])
  } catch (error) {
    await process.stop()
    throw error
  } finally {
    over.abort()
    http.close()
  }
}

async function answers(http: Http, starting: Starting, over: AbortSignal): Promise<void> {
  while (!(await isOurs(http, starting))) await delay(POLL_MS, undefined, { signal: over })
}

async function isOurs(http: Http, { process, args }: Starting): Promise<boolean> {
  try {
    const { status, body } = await http.send('/system_stats', { timeoutMs: ANSWER_MS })
    if (CLOSED.has(status)) return hasBound(process)
    const stats = status === 200 ? parseObject(body) : null
    if (stats === null) return false
    const argv = textsAt(objectAt(stats, 'system'), 'argv')
    if (argv.length === 0) return hasBound(process)
    return args.length === argv.length - 1 && args.every((arg, index) => arg === argv[index + 1])
  } catch (error) {
    if (hasCode(error, 'JOB_PROTOCOL')) return false // nobody listens yet
    throw error
  }
}

function hasBound(process: ComfyProcess): boolean {
  return process.log().some((line) => BOUND.test(line))
}

function failureOf(ctx: Ctx, { process, host, port }: Starting, exit: InstanceExit): ComfypinError {
  if (ctx.signal.aborted) return new ComfypinError('INTERRUPTED', {})
  const died = instanceDied(process, exit)
  if (process.log().some((line) => PORT_IN_USE.test(line)))
    return new ComfypinError('PORT_TAKEN', { port, host }, { cause: died })
  return died
}

async function expire(ms: number, process: ComfyProcess, over: AbortSignal): Promise<never> {
  await delay(Math.min(ms, MAX_TIMER_MS), undefined, { signal: over })
  throw new ComfypinError('INSTANCE_TIMEOUT', { seconds: ms / 1000, log: logTail(process) })
}
