import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'

export interface ExecOptions {
  cwd?: string
  /** Added to the inherited environment; null removes a variable. */
  env?: Readonly<Record<string, string | null>>
  input?: string
  /** Called for every line of stderr (and of stdout when `lines` is 'both'). */
  onLine?: (line: string) => void
  lines?: 'stderr' | 'both'
  /** Silence on both streams for this long ends the process group. */
  idleTimeoutMs?: number
  /** Time between SIGTERM and SIGKILL when `ctx.signal` is aborted. Default 5 s. */
  graceMs?: number
  /** More output than this is a failure. Default 256 MiB: a string of Node ends at 512. */
  maxOutputBytes?: number
}

const GRACE_MS = 5_000
const MAX_OUTPUT_BYTES = 256 * 2 ** 20

export interface ExecResult {
  /** null when a signal ended the process. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** True when `idleTimeoutMs` ended it. */
  stalled: boolean
}

/**
 * Run a program to its end: an argument array, no shell, its own process group.
 * Never throws for an exit code; throws what `spawn` throws (ENOENT), INTERRUPTED on abort, and when
 * the output is endless.
 */
export function exec(
  ctx: Ctx,
  argv: readonly [string, ...string[]],
  options: ExecOptions = {},
): Promise<ExecResult> {
  if (ctx.signal.aborted) return Promise.reject(new ComfypinError('INTERRUPTED', {}))
  return new Promise((resolve, reject) => {
    const child = start(ctx, argv, options)
    const limits = limitGroup(ctx, child, options)
    const stdout = follow(
      child.stdout,
      limits,
      options.lines === 'both' ? options.onLine : undefined,
    )
    const stderr = follow(child.stderr, limits, options.onLine)
    child.on('error', (error) => {
      limits.lift()
      reject(error)
    })
    child.on('close', (exitCode, signal) => {
      limits.lift()
      const texts = { stdout: stdout.end(), stderr: stderr.end() }
      if (ctx.signal.aborted) reject(new ComfypinError('INTERRUPTED', {}))
      else if (limits.isFlooded()) reject(new Error(`the output of ${argv[0]} does not end`))
      else resolve({ exitCode, signal, ...texts, stalled: limits.isStalled() })
    })
  })
}

/** The program with its input, as the leader of a group of its own. */
function start(
  ctx: Ctx,
  [command, ...args]: readonly [string, ...string[]],
  { cwd, env, input }: ExecOptions,
): ChildProcess {
  const child = spawn(command, args, {
    cwd,
    env: mergeEnv(ctx.settings.env, env),
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.on('error', () => {}) // the child may end before it has read everything; its exit code tells
  child.stdin?.end(input)
  return child
}

/** What ends a group before it is done: an abort, silence, output without end. */
interface Limits {
  /** So many bytes came. @returns false when they are too many */
  take(bytes: number): boolean
  isStalled(): boolean
  isFlooded(): boolean
  lift(): void
}

function limitGroup(ctx: Ctx, { pid }: ChildProcess, options: ExecOptions): Limits {
  const endGroup = (signal: NodeJS.Signals) => {
    if (pid !== undefined) killGroup(pid, signal)
  }
  let isStalled = false
  let room = options.maxOutputBytes ?? MAX_OUTPUT_BYTES
  const watchdog = createWatchdog(options.idleTimeoutMs, () => {
    isStalled = true
    endGroup('SIGKILL')
  })
  const forgetAbort = onAbort(ctx.signal, options.graceMs ?? GRACE_MS, endGroup)
  return {
    take: (bytes) => {
      watchdog.touch()
      room -= bytes
      if (room < 0) endGroup('SIGKILL')
      return room >= 0
    },
    isStalled: () => isStalled,
    isFlooded: () => room < 0,
    lift: () => {
      watchdog.stop()
      forgetAbort()
    },
  }
}

function follow(stream: Readable | null, limits: Limits, onLine: ExecOptions['onLine']) {
  const output = collectOutput(onLine)
  stream?.on('data', (chunk: Buffer) => {
    if (limits.take(chunk.length)) output.add(chunk)
  })
  return output
}

/** Environment of a child: the inherited one with changes; null removes. */
export function mergeEnv(
  base: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>> = {},
): Record<string, string> {
  const merged: Record<string, string> = { ...base }
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete merged[key]
    else merged[key] = value
  }
  return merged
}

/** Signal a whole process group; a group that is gone already is fine. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Ask the group to end, then end it. Returns how to take that back. */
function onAbort(
  signal: AbortSignal,
  graceMs: number,
  endGroup: (signal: NodeJS.Signals) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    endGroup('SIGTERM')
    timer = setTimeout(() => endGroup('SIGKILL'), graceMs)
  }
  signal.addEventListener('abort', stop)
  return () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** The text of a stream; its lines are told as they come, the last one at the end. */
function collectOutput(onLine: ExecOptions['onLine'] = () => {}) {
  const decoder = new StringDecoder('utf8')
  let text = ''
  let line = ''
  const add = (more: string) => {
    text += more
    const parts = more.split(/\r?\n|\r/)
    parts.forEach((part, index) => {
      line += part
      if (index === parts.length - 1) return
      onLine(line)
      line = ''
    })
  }
  return {
    add: (chunk: Buffer) => add(decoder.write(chunk)),
    end: () => {
      add(decoder.end())
      if (line !== '') onLine(line)
      return text
    },
  }
}

function createWatchdog(ms: number | undefined, bark: () => void): { touch(): void; stop(): void } {
  if (ms === undefined) return { touch: () => {}, stop: () => {} }
  let timer = setTimeout(bark, ms)
  const stop = () => clearTimeout(timer)
  return {
    stop,
    touch: () => {
      stop()
      timer = setTimeout(bark, ms)
    },
  }
}
