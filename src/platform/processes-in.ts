import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../core/errors.ts'
import { isWithin } from './paths.ts'

export interface FoundProcess {
  pid: number
  /** Its program and first argument, for people. */
  command: string
}

/**
 * Processes that work in a folder: by their working directory, or because they run a program from
 * there. Found where there is a `/proc` (Linux); processes of other users are not seen.
 */
export function processesIn(dir: string): FoundProcess[] {
  return processIds().flatMap((pid) => {
    const args = look(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.split('\0') ?? []
    const cwd = look(() => readlinkSync(`/proc/${pid}/cwd`))
    const places = [cwd, args[0]].filter((place) => place !== null && place !== undefined)
    const isInside = places.some((place) => place === dir || isWithin(dir, join(place)))
    return isInside && pid !== process.pid ? [{ pid, command: args.slice(0, 2).join(' ') }] : []
  })
}

function processIds(): number[] {
  return (
    look(() => readdirSync('/proc'))
      ?.map(Number)
      .filter(Number.isInteger) ?? []
  )
}

/** null: it ended meanwhile, or is somebody else's. */
function look<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (systemCode(error) === null) throw error
    return null
  }
}
