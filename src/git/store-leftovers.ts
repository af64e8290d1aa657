import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asDiskWrite } from '../platform/files.ts'
import { endLeftovers } from '../platform/leftovers.ts'

/** Lies in a store while git fetches into it; found there, that git may have outlived its comfypin. */
const FETCHING = 'comfypin-fetching'

/**
 * Fetch into a store, without anything that a killed run left. The caller holds the store's lock file.
 * @throws DISK_WRITE, and what `fetch` throws
 */
export async function fetchAlone<T>(store: string, fetch: () => Promise<T>): Promise<T> {
  await clearLeftovers(store)
  const mark = join(store, FETCHING)
  asDiskWrite(store, () => writeFileSync(mark, ''))
  try {
    return await fetch()
  } finally {
    rmSync(mark, { force: true })
  }
}

/**
 * git keeps lock files of its own (`shallow.lock`, `refs/….lock`) and packs that it is receiving
 * (`objects/pack/tmp_…`), and leaves both when it is killed. A git that lives on replaces `shallow`
 * at any time, and the next one fails for that.
 */
async function clearLeftovers(store: string): Promise<void> {
  const left = [
    ...namesIn(store).filter((name) => name === FETCHING || isLock(name)),
    ...namesIn(store, 'refs').filter(isLock),
    ...namesIn(store, 'objects/pack').filter((name) => name.includes('/tmp_')),
  ]
  if (left.length === 0) return
  await endLeftovers(`--git-dir=${store}`)
  for (const name of left) rmSync(join(store, name), { force: true })
}

function isLock(name: string): boolean {
  return name.endsWith('.lock')
}

/** Paths below the store: of the folder itself, or of everything below one of its folders. */
function namesIn(store: string, below = ''): string[] {
  const dir = join(store, below)
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: below !== '', encoding: 'utf8' }).map((name) =>
    join(below, name),
  )
}
