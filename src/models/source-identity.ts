import { isComfypinError } from '../core/errors.ts'
import { sourceAddress } from './sources/index.ts'

/**
 * One text for all spellings of a source: `hf://…` and the address of the same file on the hub are one
 * model. What is no source stays as it is.
 * @param baseDir where relative paths start
 */
export function sourceIdentity(source: string, baseDir: string): string {
  try {
    return sourceAddress(source, baseDir).canonical
  } catch (error) {
    if (isComfypinError(error)) return source
    throw error
  }
}
