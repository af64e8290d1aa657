import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { endLeftovers } from '../platform/leftovers.ts'

/**
 * git keeps lock files of its own (`shallow.lock`, `refs/….lock`) and packs that it is receiving
 * (`objects/pack/tmp_…`), and leaves both when it is killed. The caller holds the store's lock file,
 * so whoever they belong to is a leftover.
 */
export function clearLeftovers(store: string): void {
  const left = [
    ...namesIn(store).filter(isLock),
    ...namesIn(store, 'refs').filter(isLock),
    ...namesIn(store, 'objects/pack').filter((name) => name.includes('/tmp_')),
  ]
  if (left.length === 0) return
  endLeftovers(`--git-dir=${store}`)
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
