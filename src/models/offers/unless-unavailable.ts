import { hasCode } from '../../core/errors.ts'

/** Facts are a help, not a condition: a mirror whose interface is down may still have the file. */
export async function unlessUnavailable<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await asking
  } catch (error) {
    if (hasCode(error, 'DOWNLOAD_HTTP', 'DOWNLOAD_FAILED')) return null
    throw error
  }
}
