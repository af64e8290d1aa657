import { spawn, type ChildProcess } from 'node:child_process'
import { once, setMaxListeners } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { killGroup } from '../platform/exec.ts'
import type { LaunchCommand } from './launch.ts'

export interface ComfyProcess {
  /** Process id and process group id. */
  readonly pid: number
  /** The newest log lines, oldest first. */
  readonly log: () => readonly string[]
  /** Resolves when the process has ended, whoever ended it. Never rejects. */
  readonly exited: Promise<InstanceExit>
  /** Aborted when the process has ended. Its listeners can be taken back, unlike those of `exited`. */
  readonly gone: AbortSignal
  /** Ctrl-C for the whole group; SIGKILL for what is left after `graceMs` (default 10 s). */
  readonly stop: (graceMs?: number) => Promise<InstanceExit>
}

export interface InstanceExit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface LogOptions {
  /** The whole log also goes there. */
  file: string | null
  /** Lines kept in memory. */
  limit: number
}

const GRACE_MS = 10_000
/** A grandchild may hold the pipes open for ever; ComfyUI's own last words are there long before. */
const PIPE_WAIT_MS = 250
const TAIL_LINES = 40

/**
 * Start the process of an instance in its own group; it is stopped with `ctx.signal`. When this
 * process dies by SIGKILL it lives on: Node cannot ask the kernel for a parent-death signal.
 * @throws INSTANCE_DIED when the interpreter cannot be started at all
 */
export async function spawnComfy(
  ctx: Ctx,
  command: LaunchCommand,
  logOptions: LogOptions,
): Promise<ComfyProcess> {
  const [program, ...args] = command.argv
  const child = spawn(program, args, {
    cwd: command.cwd,
    env: command.env,
    detached: true, // Ctrl-C in the terminal reaches the group through us alone, and once
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid, stdout, stderr } = child
  if (pid === undefined) throw await notStarted(child, program)
  const ended = once(child, 'exit')
  const ring = await openLog(ctx, logOptions)
  const piped = Promise.all([stdout, stderr].map((stream: Readable) => ring.follow(stream)))
  const gone = new AbortController()
  setMaxListeners(0, gone.signal) // one listener per running job
  const exited = finish(ended, piped, pid).then((exit) => {
    ring.close()
    ctx.emit({ type: 'instance.exit', ...exit })
    gone.abort()
    return exit
  })
  const stop = createStop(pid, exited)
  stopOnAbort(ctx.signal, stop, exited)
  return { pid, log: ring.lines, exited, gone: gone.signal, stop }
}

/** INSTANCE_DIED with the end of the log. */
export function instanceDied(
  process: Pick<ComfyProcess, 'log'>,
  exit: InstanceExit,
): ComfypinError<'INSTANCE_DIED'> {
  const status = exit.signal ?? `exit ${exit.code}`
  return new ComfypinError('INSTANCE_DIED', { status, log: logTail(process) })
}

export function logTail(process: Pick<ComfyProcess, 'log'>): string {
  return process.log().slice(-TAIL_LINES).join('\n')
}

async function notStarted(
  child: ChildProcess,
  program: string,
): Promise<ComfypinError<'INSTANCE_DIED'>> {
  const failed: unknown[] = await once(child, 'error')
  const cause = failed[0]
  const status = `${program}: ${reasonOf(cause)}`
  return new ComfypinError('INSTANCE_DIED', { status, log: '' }, { cause })
}

/** The reader of lines is loaded after the spawn: nothing may delay ComfyUI's first line of code. */
async function openLog(ctx: Ctx, { file, limit }: LogOptions) {
  const { createLogRing } = await import('./log-ring.ts')
  return createLogRing({
    limit,
    file,
    onLine: (line) => ctx.emit({ type: 'instance.log', line }),
    onFileError: (error) =>
      ctx.emit({
        type: 'warning',
        code: 'LOG_FILE_FAILED',
        params: { path: file ?? '', reason: reasonOf(error) },
      }),
  })
}

async function finish(
  ended: Promise<unknown[]>,
  piped: Promise<unknown>,
  pid: number,
): Promise<InstanceExit> {
  const [code, signal] = await ended
  killGroup(pid, 'SIGKILL') // what packs left running
  await Promise.race([piped, delay(PIPE_WAIT_MS, undefined, { ref: false })])
  return { code: typeof code === 'number' ? code : null, signal: isSignal(signal) ? signal : null }
}

function isSignal(value: unknown): value is NodeJS.Signals {
  return typeof value === 'string'
}

/** A second Ctrl-C would break off ComfyUI's clean-up, so it is sent once however often it is asked. */
function createStop(pid: number, exited: Promise<InstanceExit>): ComfyProcess['stop'] {
  let asked = false
  let over = false
  void exited.then(() => (over = true))
  return async (graceMs = GRACE_MS) => {
    if (!asked && !over) killGroup(pid, 'SIGINT')
    asked = true
    await Promise.race([exited, delay(graceMs, undefined, { ref: false })])
    if (!over) killGroup(pid, 'SIGKILL')
    return exited
  }
}

function stopOnAbort(signal: AbortSignal, stop: () => unknown, exited: Promise<unknown>): void {
  const onAbort = () => void stop()
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  void exited.then(() => signal.removeEventListener('abort', onAbort))
}
