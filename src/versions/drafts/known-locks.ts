import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { isComfypinError } from '../../core/errors.ts'
import { cachePaths, isVersionId } from '../../platform/paths.ts'
import { namesOrNone, readSmallText } from '../../platform/small-files.ts'
import { findLock } from '../../resolve/known-lock.ts'
import { parseLock } from '../../resolve/lock-schema.ts'
import type { Lock } from '../../resolve/types.ts'
import { listSpecIds } from '../../spec/locate.ts'

/** Every lock of this machine that can be read; for a version that lost its own, its home's. */
export function knownLocks({ settings }: Ctx): Lock[] {
  const { resolved } = cachePaths(settings.cacheRoot)
  const files = namesOrNone(resolved).filter((name) => name.endsWith(END))
  const others = listSpecIds(settings.versionsDir).filter(
    (id) => isVersionId(id) && !files.includes(`${id}${END}`),
  )
  const texts = [
    ...files.map((name) => readSmallText(join(resolved, name), MAX_BYTES)),
    ...others.map((id) => findLock(settings, id)?.text ?? null),
  ]
  return texts.flatMap((text) => (text === null ? [] : readLock(text)))
}

const END = '.lock.json'
const MAX_BYTES = 16 * 2 ** 20

function readLock(text: string): Lock[] {
  try {
    return [parseLock(text, '', '')]
  } catch (error) {
    if (isComfypinError(error)) return [] // a damaged lock of another version knows nothing
    throw error
  }
}
