import { lstatSync, readdirSync, renameSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'
import { diskErrorOr, lstatIfExists, randomName } from '../platform/files.ts'
import { withLockFile } from '../platform/lock-file.ts'
import { cachePaths, homeOf, homesDirs, markerOf, requireVersionId } from '../platform/paths.ts'
import { CLAIM } from '../realize/home-guard.ts'
import { readMarker } from '../realize/marker.ts'
import { stateRoot } from '../spec/state-folder.ts'
import { homeLock, requireDeletable, requireIdle, requireNoProcess } from './delete-guard.ts'
import { joinUserFiles, surveyHome, surveyState, type UserFiles } from './delete-survey.ts'
import { specFileOf } from './spec-file.ts'

export interface DeleteOptions {
  dryRun: boolean
  /** Also spec, lock, Python lock and the state of packs beside the spec. */
  removeSpec: boolean
  /** Files in the home that comfypin did not make go too. */
  withUserFiles: boolean
  /** Asked once, with what is about to go; false leaves everything. */
  confirm(plan: DeletePlan): Promise<boolean>
}

export interface DeletePlan {
  version_id: string
  home: string
  items: DeleteItem[]
  /** What of the home, and of the state beside the spec, is the user's own. */
  user_files: UserFiles
}

export interface DeleteItem {
  /** `leftover`: of a deletion that was broken off. */
  kind: 'home' | 'leftover' | 'spec' | 'lock' | 'pylock' | 'state'
  path: string
  /** Bytes as listed, and bytes that become free: links into the caches give none. */
  size: number
  frees: number
  files: number
}

export interface DeleteResult extends DeletePlan {
  dry_run: boolean
  /** False when there was nothing, or it was not confirmed. */
  removed: boolean
}

const NOBODYS: UserFiles = { count: 0, size: 0, examples: [] }

/**
 * Remove the home of a version, and nothing else unless asked (R93, R104): shared caches and models
 * stay, links are not followed. The home is renamed aside and loses its marker last, so that a
 * deletion that was broken off is finished by the next one.
 * @throws what the guards throw, DELETE_USER_FILES, DISK_WRITE
 */
export async function deleteVersion(
  ctx: Ctx,
  id: string,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const home = homeOf(ctx.settings, requireVersionId(id))
  const plan = planDelete(ctx, id, home, options)
  requireIdle(ctx, id, home)
  const result = { ...plan, dry_run: options.dryRun, removed: false }
  if (options.dryRun || plan.items.length === 0) return result
  requireNoUserFiles(plan, options)
  if (!(await options.confirm(plan))) return result
  return withLockFile(ctx, homeLock(ctx, id), async () => {
    // things may have happened while somebody thought about the answer
    requireNoProcess(home)
    const current = planDelete(ctx, id, home, options)
    requireNoUserFiles(current, options)
    for (const item of current.items) await remove(ctx, item)
    return { ...current, dry_run: false, removed: current.items.length > 0 }
  })
}

function planDelete(ctx: Ctx, id: string, home: string, options: DeleteOptions): DeletePlan {
  const survey = requireDeletable(ctx, id, home) ? surveyHome(home) : null
  const items: DeleteItem[] = leftoversOf(ctx, id, home).map((path) => itemOf('leftover', path))
  if (survey !== null) {
    const { size, frees, files } = survey
    items.unshift({ kind: 'home', path: home, size, frees, files })
  }
  const own = survey?.own ?? NOBODYS
  if (!options.removeSpec) return { version_id: id, home, items, user_files: own }
  const state = join(dirname(specFileOf(ctx.settings, id)), stateRoot(id))
  const kept = lstatIfExists(state) === null ? null : surveyState(state)
  if (kept !== null) {
    const { size, frees, files } = kept
    items.push({ kind: 'state', path: state, size, frees, files })
  }
  items.push(...recordsOf(ctx, id))
  return { version_id: id, home, items, user_files: joinUserFiles(own, kept?.own ?? NOBODYS) }
}

/** The lock before the spec: what can be made again goes first. */
function recordsOf({ settings }: Ctx, id: string): DeleteItem[] {
  const cache = cachePaths(settings.cacheRoot)
  const records = [
    { kind: 'lock', path: cache.lock(id) },
    { kind: 'pylock', path: cache.pylock(id) },
    { kind: 'spec', path: specFileOf(settings, id) },
  ] as const
  return records.flatMap(({ kind, path }) => {
    const stats = lstatIfExists(path)
    return stats === null ? [] : [{ kind, path, size: stats.size, frees: stats.size, files: 1 }]
  })
}

/**
 * Folders that an earlier deletion renamed aside; its marker, or nothing at all, is still in them.
 * The home of now may lie in another folder than the one that was deleted.
 */
function leftoversOf({ settings }: Ctx, id: string, home: string): string[] {
  const parents = settings.home === null ? homesDirs(settings) : [dirname(home)]
  return parents
    .flatMap(entriesOf)
    .filter((path) => {
      const name = basename(path)
      return ASIDE.test(name) && name.replace(ASIDE, '') === basename(home)
    })
    .filter((path) => {
      if (!lstatSync(path).isDirectory()) return false
      const isOurs =
        readMarker(path)?.version_id === id || lstatIfExists(join(path, CLAIM)) !== null
      return isOurs || readdirSync(path).length === 0
    })
}

function entriesOf(dir: string): string[] {
  if (lstatIfExists(dir) === null) return []
  return readdirSync(dir).map((name) => join(dir, name))
}

const ASIDE = /\.deleting-[0-9a-f]{12}$/

function itemOf(kind: DeleteItem['kind'], path: string): DeleteItem {
  const { size, frees, files } = surveyHome(path)
  return { kind, path, size, frees, files }
}

/** @throws DELETE_USER_FILES: nothing of the user's goes without being named */
function requireNoUserFiles(plan: DeletePlan, options: DeleteOptions): void {
  const { items, user_files: own } = plan
  if (own.count === 0 || options.withUserFiles) return
  const more = own.count > own.examples.length ? ['  …'] : []
  const place = items.find(({ kind }) => kind === 'home' || kind === 'state')?.path ?? plan.home
  throw new ComfypinError('DELETE_USER_FILES', {
    home: place,
    count: own.count,
    size: formatBytes(own.size),
    files: [...own.examples.map((path) => `  ${path}`), ...more].join('\n'),
  })
}

async function remove(ctx: Ctx, { kind, path }: DeleteItem): Promise<void> {
  const step = { id: `delete:${kind}`, kind: 'delete', subject: path }
  const started = ctx.clock.now()
  ctx.emit({ type: 'step.start', ...step })
  try {
    if (kind === 'home') await removeTree(ctx, moveAside(path))
    else if (kind === 'leftover') await removeTree(ctx, path)
    else await rm(path, { force: true, recursive: kind === 'state' })
  } catch (error) {
    throw diskErrorOr(error, path)
  }
  ctx.emit({ type: 'step.end', ...step, ms: ctx.clock.now() - started, reused: false })
}

/** From here on nobody sees the home any more. A mount point stays where it is and is emptied there. */
function moveAside(home: string): string {
  const aside = `${home}.deleting-${randomName()}`
  try {
    renameSync(home, aside)
    return aside
  } catch (error) {
    if (!['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? ''))
      throw error
    return home
  }
}

/** The marker goes last: as long as anything is left, it says whose this is. */
async function removeTree(ctx: Ctx, dir: string): Promise<void> {
  const last = [markerOf(dir), join(dir, CLAIM)]
  const first = readdirSync(dir)
    .map((name) => join(dir, name))
    .filter((path) => !last.includes(path))
  for (const path of [...first, ...last]) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
    await rm(path, { recursive: true, force: true })
  }
  try {
    await rmdir(dir)
  } catch (error) {
    if (systemCode(error) !== 'EBUSY') throw error // a mount point stays, empty
  }
}
