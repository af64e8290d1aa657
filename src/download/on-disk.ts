import { rmSync } from 'node:fs'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { isDiskFailure } from '../platform/files.ts'

/** A failure of the system while it works on a file becomes DISK_WRITE. */
export function onDisk<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asDiskFailure(path, error)
  }
}

/** `onDisk` for what takes its time. */
export async function whenOnDisk(path: string, work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    throw asDiskFailure(path, error)
  }
}

function asDiskFailure(path: string, error: unknown): unknown {
  if (systemCode(error) === null) return error
  return new ComfypinError('DISK_WRITE', { path, reason: reasonOf(error) }, { cause: error })
}

/** A disk that refuses even this has been reported already. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    if (!isDiskFailure(error)) throw error
  }
}
