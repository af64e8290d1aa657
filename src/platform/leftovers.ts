import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { systemCode } from '../core/errors.ts'

/** A killed process ends within moments, unless a network volume keeps it in the kernel. */
const PATIENCE_MS = 5_000
const LOOK_AGAIN_MS = 2

/**
 * End programs that outlived a killed comfypin, told by one argument of their command line, with what
 * they have started. Resolves when they are gone: until then they may still write.
 * The caller holds the lock file of what they work on. Found where there is a `/proc` (Linux).
 */
export async function endLeftovers(argument: string): Promise<void> {
  const isMeant = (args: readonly string[]) => args.includes(argument)
  const left = findProcesses(isMeant)
  for (const pid of left) kill(-pid) // `exec` makes each program the leader of a group
  for (const pid of left) kill(pid)
  const until = performance.now() + PATIENCE_MS
  while (left.some((pid) => isMeant(argumentsOf(pid))) && performance.now() < until)
    await pause(LOOK_AGAIN_MS)
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
