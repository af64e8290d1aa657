import { isComfypinError } from '../core/errors.ts'
import { sourceAddress } from './sources/index.ts'

/**
 * One text for all spellings of a source: `hf://…` and the address of the same file on the hub are one
 * model. What is no source stays as it is.
 * @param baseDir where relative paths start
 */
export function sourceIdentity(source: string, baseDir: string): string {
  return canonicalOf(source, baseDir) ?? source
}

/** null: the text is no source that anybody understands. */
export function canonicalOf(source: string, baseDir: string): string | null {
  try {
    return sourceAddress(source, baseDir).canonical
  } catch (error) {
    if (isComfypinError(error)) return null
    throw error
  }
}
