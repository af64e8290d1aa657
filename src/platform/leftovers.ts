import { readdirSync, readFileSync } from 'node:fs'
import { systemCode } from '../core/errors.ts'

/**
 * End programs that outlived a killed comfypin, told by one argument of their command line.
 * The caller holds the lock file of what they work on. Found where there is a `/proc` (Linux).
 */
export function endLeftovers(argument: string): void {
  for (const pid of processIds()) if (argumentsOf(pid).includes(argument)) kill(pid)
}

/** Running programs, told by their arguments. Found where there is a `/proc` (Linux). */
export function findProcesses(isMeant: (args: readonly string[]) => boolean): number[] {
  return processIds().filter((pid) => pid !== process.pid && isMeant(argumentsOf(pid)))
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch (error) {
    if (systemCode(error) === null) throw error
    return [] // it ended meanwhile, or is somebody else's
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error
  }
}
