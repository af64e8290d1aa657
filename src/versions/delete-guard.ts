import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, parse, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { say } from '../core/messages.ts'
import { lstatIfExists, readlinkIfExists, statIfExists } from '../platform/files.ts'
import { holderOf } from '../platform/lock-file.ts'
import { cachePaths, homeOf, isVersionId, isWithin } from '../platform/paths.ts'
import { processesIn } from '../platform/processes-in.ts'
import { CLAIM } from '../realize/home-guard.ts'
import { readMarker } from '../realize/marker.ts'
import { listSpecIds } from '../spec/locate.ts'

/**
 * Only a folder that is the home of this very version may be deleted (R93): marked as such, no link,
 * and nothing of the machine or of other versions lies in it.
 * @returns false when there is no home
 * @throws DELETE_UNSAFE, DELETE_FOREIGN, HOME_OTHER_VERSION
 */
export function requireDeletable(ctx: Ctx, id: string, home: string): boolean {
  const { language } = ctx.settings
  const link = readlinkIfExists(home)
  if (link !== null) {
    const target = resolve(dirname(home), link)
    const reason = say(language, 'deleteLink', { target })
    throw new ComfypinError('DELETE_UNSAFE', { home, reason })
  }
  if (lstatIfExists(home) === null) return false
  requireOwner(ctx, id, home)
  const inside = placesToKeep(ctx, id).find((path) => holds(realpathSync(home), path))
  if (inside !== undefined) {
    const reason = say(language, 'deleteHolds', { path: inside })
    throw new ComfypinError('DELETE_UNSAFE', { home, reason })
  }
  return true
}

/**
 * @throws HOME_BUSY when a realize works on the home or an instance runs in it
 */
export function requireIdle(ctx: Ctx, id: string, home: string): void {
  const holder = holderOf(homeLock(ctx, id))
  if (holder !== null) throw new ComfypinError('HOME_BUSY', { home, holder })
  requireNoProcess(home)
}

/** @throws HOME_BUSY */
export function requireNoProcess(home: string): void {
  if (statIfExists(home) === null) return
  const [first] = processesIn(realpathSync(home))
  if (first !== undefined)
    throw new ComfypinError('HOME_BUSY', { home, holder: `${first.command} (${first.pid})` })
}

/** The lock that a realize of this version holds. */
export function homeLock({ settings }: Ctx, id: string): string {
  return `${cachePaths(settings.cacheRoot).locks}/home-${id}.lock`
}

/** A home whose first realize was broken off has a claim and no marker yet; its path says whose it is. */
function requireOwner({ settings }: Ctx, id: string, home: string): void {
  const marker = readMarker(home)
  if (marker !== null && marker.version_id !== id)
    throw new ComfypinError('HOME_OTHER_VERSION', { home, other: marker.version_id, id })
  const isClaimed =
    settings.home === null &&
    basename(home) === `comfy-${id}` &&
    statIfExists(join(home, CLAIM))?.isFile() === true
  if (marker === null && !isClaimed) throw new ComfypinError('DELETE_FOREIGN', { home, id })
}

/** What must never lie in a deleted folder: the machine's own, the shared, and other versions'. */
function placesToKeep({ settings }: Ctx, id: string): string[] {
  const others = listSpecIds(settings.versionsDir).filter((one) => one !== id && isVersionId(one))
  const homes = settings.home === null ? others.map((one) => homeOf(settings, one)) : []
  const stores = homes.flatMap((home) => readMarker(home)?.models_dir ?? [])
  const shared = [settings.cacheRoot, settings.versionsDir, settings.modelsDir, homedir()]
  return [parse(process.cwd()).root, process.cwd(), ...shared, ...homes, ...stores].filter(
    (path) => path !== null,
  )
}

function holds(dir: string, path: string): boolean {
  const real = lstatIfExists(path) === null ? resolve(path) : realpathOf(path)
  return real === dir || isWithin(dir, real)
}

/** Of a link that leads nowhere, the link itself. */
function realpathOf(path: string): string {
  return statIfExists(path) === null ? resolve(path) : realpathSync(path)
}
