import { readdirSync, readFileSync } from 'node:fs'

const STOP_WAIT_MS = 5_000
/** Stopped, traced, a zombie, dead, gone. */
const STOPPED: ReadonlySet<string> = new Set(['T', 't', 'Z', 'X', ''])

/** End a process and everything that it started, at once, as the end of a container does. */
export function killTree(pid: number): void {
  for (const one of freezeTree(pid)) kill(one, 'SIGKILL')
}

/** From the root down: a process that has really stopped starts nothing more. */
function freezeTree(pid: number): number[] {
  kill(pid, 'SIGSTOP')
  waitUntilStopped(pid)
  return [pid, ...childrenOf(pid).flatMap(freezeTree)]
}

/** SIGSTOP returns before it takes effect: a thread in the middle of a fork finishes that first. */
function waitUntilStopped(pid: number): void {
  const deadline = Date.now() + STOP_WAIT_MS
  while (threadsOf(pid).some((stat) => !STOPPED.has(stateOf(stat)))) {
    if (Date.now() > deadline) throw new Error(`process ${pid} does not stop`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  }
}

/**
 * End what is left of programs whose command line names a folder, and what they started meanwhile: a
 * worker of a pool whose parent is gone waits for ever.
 */
export function killProcessesOf(folder: string): void {
  for (let found = processesOf(folder); found.length > 0; found = processesOf(folder))
    for (const pid of found) kill(pid, 'SIGKILL')
}

/** Command lines of the processes that name a folder. */
export function commandLinesOf(folder: string): string[] {
  return processesOf(folder).map((pid) => read(pid, 'cmdline').replaceAll('\0', ' '))
}

/** Processes whose command line names a folder; this one apart. */
export function processesOf(folder: string): number[] {
  return pids().filter((pid) => pid !== process.pid && read(pid, 'cmdline').includes(folder))
}

function childrenOf(pid: number): number[] {
  return pids().filter((one) => parentOf(one) === pid)
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

function parentOf(pid: number): number {
  const stat = read(pid, 'stat')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** The `stat` of each thread; none of a process that is gone. */
function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => read(pid, `task/${thread}/stat`))
  } catch {
    return []
  }
}

/** One letter of proc(5), or nothing when the thread ended meanwhile. */
function stateOf(stat: string): string {
  return stat.charAt(stat.lastIndexOf(')') + 2)
}

/** Empty for a process that ended meanwhile. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
