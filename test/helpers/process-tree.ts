import { readdirSync, readFileSync } from 'node:fs'

/** End a process and everything that it started, at once, as the end of a container does. */
export function killTree(pid: number): void {
  process.kill(pid, 'SIGSTOP') // it must not start more meanwhile
  for (const one of [pid, ...descendantsOf(pid)]) kill(one)
}

/** End what is left of programs whose command line names a folder. */
export function killProcessesOf(folder: string): void {
  for (const pid of processesOf(folder)) kill(pid)
}

/** Processes whose command line names a folder; this one apart. */
export function processesOf(folder: string): number[] {
  return pids().filter((pid) => pid !== process.pid && read(pid, 'cmdline').includes(folder))
}

function descendantsOf(pid: number): number[] {
  const children = pids().filter((one) => parentOf(one) === pid)
  return children.flatMap((child) => [child, ...descendantsOf(child)])
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

function parentOf(pid: number): number {
  const stat = read(pid, 'stat')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** Empty for a process that ended meanwhile. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
