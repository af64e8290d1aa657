import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { statIfExists } from '../platform/files.ts'
import { readJournal } from './journal.ts'

/** Younger leftovers may be continued, or are being written by another process. */
const STALE_MS = 7 * 24 * 3_600_000
const SUFFIX = '.part.json'

/**
 * Remove unfinished downloads that nobody continued for a week (R53). Only what has our journal
 * beside it is touched; a `.part` of another program stays.
 * @returns paths of the removed parts
 */
export function sweepParts(ctx: Ctx, folders: readonly string[]): string[] {
  return [...new Set(folders)].flatMap((folder) =>
    (statIfExists(folder) === null ? [] : readdirSync(folder))
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => join(folder, name))
      .filter((journal) => isStale(ctx, journal))
      .map(removeWithPart),
  )
}

function isStale(ctx: Ctx, journal: string): boolean {
  if (readJournal(journal) === null) return false
  const times = [journal, partOf(journal)].map((path) => statIfExists(path)?.mtimeMs ?? 0)
  return ctx.clock.now() - Math.max(...times) > STALE_MS
}

function removeWithPart(journal: string): string {
  rmSync(partOf(journal), { force: true })
  rmSync(journal, { force: true })
  return partOf(journal)
}

function partOf(journal: string): string {
  return journal.slice(0, -'.json'.length)
}
