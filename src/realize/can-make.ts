import { mkdirSync } from 'node:fs'
import { systemCode } from '../core/errors.ts'
import { isDiskFailure } from '../platform/files.ts'

/**
 * Make a folder of the model store. False where that cannot be: a store may be mounted read-only, and
 * a home does without the link into it then. A full disk is told.
 */
export function canMake(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true })
    return true
  } catch (error) {
    if (!isDiskFailure(error) || systemCode(error) === 'ENOSPC') throw error
    return false
  }
}
