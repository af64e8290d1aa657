import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { standinPython } from './standin-python.ts'

/** Which ComfyUI to start: the stand-in, or a checkout of the real one with its venv's Python. */
export interface CoreUnderTest {
  coreDir: string
  python: string
  extraArgs?: readonly string[]
  env?: Readonly<Record<string, string>>
}

export interface StartOptions {
  args?: readonly string[]
  port?: number
  /** Fills the new home, which has an empty `custom_nodes`, before the start. */
  prepareHome?: (homeDir: string) => Promise<void>
}

export interface ExitStatus {
  exitCode: number | null
  signal: NodeJS.Signals | null
}

/** One running core with a home of its own. */
export interface Target {
  baseUrl: string
  port: number
  pid: number
  homeDir: string
  /** Everything it wrote so far, without colors and level marks. */
  logs(): string
  exited: Promise<ExitStatus>
  kill(signal: NodeJS.Signals): void
  /** Ends the process at once and removes the home. */
  stop(): Promise<void>
}

/** Resolves when the core listens; rejects with `CoreExited` when it ends before that. */
export type Start = (options?: StartOptions) => Promise<Target>

export class CoreExited extends Error {
  readonly exitCode: number | null
  readonly logs: string

  constructor(exitCode: number | null, logs: string) {
    super(`the core exited with ${exitCode} before it was ready:\n${logs}`)
    this.exitCode = exitCode
    this.logs = logs
  }
}

export const demoDir = join(import.meta.dirname, '../../demo')

/** Starts the stand-in core of `demo/core`. */
export async function startStandin(options: StartOptions = {}): Promise<Target> {
  const core = { coreDir: join(demoDir, 'core'), python: await standinPython() }
  return startCore(core, options)
}

export async function startCore(core: CoreUnderTest, options: StartOptions = {}): Promise<Target> {
  const homeDir = await realpath(await mkdtemp(join(tmpdir(), 'comfypin-core-')))
  await mkdir(join(homeDir, 'custom_nodes'))
  await mkdir(join(homeDir, 'user'))
  await options.prepareHome?.(homeDir)
  const port = options.port ?? (await freePort())
  const args = [
    join(core.coreDir, 'main.py'),
    ...['--base-directory', homeDir, '--port', String(port)],
    ...['--database-url', `sqlite:///${join(homeDir, 'user/comfyui.db')}`],
    ...(core.extraArgs ?? []),
    ...(options.args ?? []),
  ]
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1', ...core.env }
  const child = spawn(core.python, args, { cwd: homeDir, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const log = collectLog(child)
  const exited = exitOf(child)
  const removeHome = () => rm(homeDir, { recursive: true, force: true })

  const ready = log.waitFor('To see the GUI go to:')
  const early = await Promise.race([ready, exited])
  if (early !== undefined) {
    await removeHome()
    throw new CoreExited(early.exitCode, log.text())
  }
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    homeDir,
    logs: log.text,
    exited,
    kill: (signal) => void child.kill(signal),
    stop: async () => {
      child.kill('SIGKILL')
      await exited
      await removeHome()
    },
  }
}

function collectLog(child: ChildProcess) {
  let raw = ''
  const waiting = new Map<string, () => void>()
  const append = (chunk: string) => {
    raw += chunk
    for (const [text, resolve] of waiting) if (raw.includes(text)) resolve()
  }
  child.stdout?.setEncoding('utf8').on('data', append)
  child.stderr?.setEncoding('utf8').on('data', append)
  return {
    text: () => plainLog(raw),
    waitFor: (text: string) => new Promise<void>((resolve) => waiting.set(text, resolve)),
  }
}

function plainLog(raw: string): string {
  const withoutColors = raw.replaceAll(new RegExp(String.raw`\x1b\[[0-9;]*m`, 'g'), '')
  return withoutColors.replaceAll(/^\[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\] /gm, '')
}

function exitOf(child: ChildProcess): Promise<ExitStatus> {
  const killWithParent = () => void child.kill('SIGKILL')
  process.once('exit', killWithParent)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => {
      process.off('exit', killWithParent)
      resolve({ exitCode, signal })
    })
  })
}
