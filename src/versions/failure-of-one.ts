import { isComfypinError, type ComfypinError } from '../core/errors.ts'

/** Failures that the next one would meet as well. */
const GENERAL = new Set(['INTERRUPTED', 'INTERNAL', 'DISK_FULL', 'DISK_WRITE'])

/** True for a failure that belongs to one of several things alone and need not stop the others. */
export function isFailureOfOne(error: unknown): error is ComfypinError {
  return isComfypinError(error) && !GENERAL.has(error.code)
}
