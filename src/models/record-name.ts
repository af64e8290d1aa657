import { createHash } from 'node:crypto'

/** The key of a source in the model store. */
export function sourceKey(canonical: string): string {
  return sha256(canonical)
}

/**
 * The name of a record says which source has its bytes at which path, so that one listing of the
 * index answers both "where is this source?" and "whose is this file?" without opening anything.
 * @param path relative to the model store, with forward slashes
 */
export function recordName(key: string, path: string): string {
  return `${key}-${placeKey(path)}.json`
}

/** What record names of a path end with, before `.json`. */
export function placeKey(path: string): string {
  return sha256(path).slice(0, 16)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
