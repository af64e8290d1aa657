import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import { requirePublishedShape } from './published-shape.ts'
import { tempDir, whenOver } from './temp.ts'

export interface CliOptions {
  /** Added to the clean environment; undefined removes a variable. */
  env?: Readonly<Record<string, string | undefined>>
  /** Default: the scratch HOME. */
  cwd?: string
  input?: string
}

export interface CliResult {
  /** null when a signal ended it. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Run the built `comfypin` to its end in a scratch HOME and an environment without credentials. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return spawnCli(args, options).result
}

export interface RunningCli {
  child: ChildProcess
  /** Settles when the process and its streams are over; never rejects for an exit code. */
  result: Promise<CliResult>
}

/** Start the built `comfypin`, for tests that signal it while it works. It is killed when the test is over. */
export function spawnCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const failure = inject('buildFailure')
  if (failure !== null) throw new Error(`dist/ could not be built:\n${failure}`)
  const home = options.env?.HOME ?? tempDir('home')
  const child = spawn(process.execPath, [inject('cliPath'), ...args], {
    cwd: options.cwd ?? home,
    env: { ...cleanEnv(home), ...options.env },
    stdio: 'pipe',
  })
  whenOver(() => void child.kill('SIGKILL'))
  child.stdin.on('error', () => {}) // it may end without reading
  child.stdin.end(options.input)
  const closed = new Promise<Pick<CliResult, 'exitCode' | 'signal'>>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal }))
  })
  const result = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(
    ([end, stdout, stderr]) => {
      if (args.includes('--json')) requirePublishedShape(stdout)
      return { ...end, stdout, stderr }
    },
  )
  return { child, result }
}

/** Tool settings and certificates pass; tokens, comfypin's own variables and everything else do not. */
const PASSED = /^(PATH|TMPDIR|TZ|PYENV_ROOT|(UV|PIP|SSL)_.*|.*_CA_(BUNDLE|CERTS)|GIT_SSL_CAINFO)$/

/**
 * The environment of a program under test. Cache and homes are explicit, because their defaults
 * prefer the volumes of a machine (`/runpod-volume`, `/workspace`) to HOME.
 */
export function cleanEnv(home: string): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && PASSED.test(name)) passed[name] = value
  return {
    ...passed,
    HOME: home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    COMFY_CACHE_ROOT: join(home, '.cache', 'runpod-comfy'),
    COMFY_BUILDS_ROOT: home,
  }
}
