import { spawn } from 'node:child_process'
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
  const [command, ...args] = argv
  if (ctx.signal.aborted) return Promise.reject(new ComfypinError('INTERRUPTED', {}))
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: mergeEnv(ctx.settings.env, options.env),
      detached: true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const endGroup = (signal: NodeJS.Signals) => {
      if (child.pid !== undefined) killGroup(child.pid, signal)
    }
    let stalled = false
    const watchdog = createWatchdog(options.idleTimeoutMs, () => {
      stalled = true
      endGroup('SIGKILL')
    })
    const forgetAbort = onAbort(ctx.signal, options.graceMs ?? GRACE_MS, endGroup)
    let room = options.maxOutputBytes ?? MAX_OUTPUT_BYTES
    const follow = (stream: Readable | null, onLine: ExecOptions['onLine']) => {
      const output = collectOutput(onLine)
      stream?.on('data', (chunk: Buffer) => {
        watchdog.touch()
        room -= chunk.length
        if (room < 0) endGroup('SIGKILL')
        else output.add(chunk)
      })
      return output
    }
    const stdout = follow(child.stdout, options.lines === 'both' ? options.onLine : undefined)
    const stderr = follow(child.stderr, options.onLine)
    child.stdin?.on('error', () => {}) // the child may end before it has read everything; its exit code tells
    child.stdin?.end(options.input)
    const finish = (settle: () => void) => {
      watchdog.stop()
      forgetAbort()
      settle()
    }
    child.on('error', (error) => finish(() => reject(error)))
    child.on('close', (exitCode, signal) =>
      finish(() => {
        const texts = { stdout: stdout.end(), stderr: stderr.end() }
        if (ctx.signal.aborted) reject(new ComfypinError('INTERRUPTED', {}))
        else if (room < 0) reject(new Error(`the output of ${command} does not end`))
        else resolve({ exitCode, signal, ...texts, stalled })
      }),
    )
  })
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
