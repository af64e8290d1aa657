import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Wait for a state that announces itself with no event: a file of another process, a process that ends.
 * Resolves with the first value of `look` that is neither null, undefined nor false.
 */
export async function until<T>(
  look: () => T | Promise<T>,
  { what = 'the awaited state', timeoutMs = 20_000 } = {},
): Promise<Exclude<T, null | undefined | false>> {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline) {
    const value = await look()
    if (isThere(value)) return value
    await delay(10)
  }
  throw new Error(`${what} did not come within ${timeoutMs} ms`)
}

function isThere<T>(value: T): value is Exclude<T, null | undefined | false> {
  return value !== null && value !== undefined && value !== false
}

/** True while the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z'
  } catch {
    return false // no such process is the answer
  }
}
