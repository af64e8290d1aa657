import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { ignoreEvents, type Emit } from '../core/events.ts'
import { say } from '../core/messages.ts'
import { randomName, statIfExists, writeAtomic } from '../platform/files.ts'
import { cachePaths, homeOf, modelsDirOf } from '../platform/paths.ts'
import { readMarker } from '../realize/marker.ts'
import { findPylock } from '../realize/python-lock.ts'
import { realize } from '../realize/realize.ts'
import { findLock } from '../resolve/known-lock.ts'
import { loadSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { pinsOf } from '../resolve/lock-diff.ts'
import { parseLock } from '../resolve/lock-schema.ts'
import { differencesOf, type Difference } from './repro-diff.ts'
import { inventoryOf, type Inventory } from './repro-inventory.ts'

export interface ReproOptions {
  /** A lock or a home to compare with; null: a second realization. */
  against: string | null
  /** Nothing of the shared caches but the pins: everything is fetched anew, for each home. */
  freshCache: boolean
}

export interface ReproResult {
  version_id: string
  /** How many subjects were compared. */
  compared: number
  differences: Difference[]
}

/**
 * Realize a version into scratch homes, which are gone afterwards, and say what differs (R138).
 * Nothing of the version's own home is touched.
 * @throws USAGE when `against` is neither a lock nor a home, and what realize throws
 */
export async function reproduce(
  ctx: Ctx,
  selector: SpecSelector,
  options: ReproOptions,
): Promise<ReproResult> {
  const id = loadSpec({ ...ctx, emit: ignoreEvents }, selector).spec.version_id
  const scratch = join(cachePaths(ctx.settings.cacheRoot).tmp, `repro-${randomName()}`)
  const run = (name: string, emit: Emit) =>
    realizeScratch({ ...ctx, emit }, selector, { id, scratch, name, fresh: options.freshCache })
  try {
    const first =
      options.against === null
        ? await run('first', ctx.emit)
        : await recorded(ctx, options.against, id)
    // the first run has told every warning
    const emit = options.against === null ? withoutWarnings(ctx.emit) : ctx.emit
    const { pins, inventory } = await run('second', emit)
    const [before, after] =
      first.inventory === null ? [first.pins, pins] : [first.inventory, inventory]
    return { version_id: id, compared: after.size, differences: differencesOf(before, after) }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

interface Realization {
  pins: Inventory
  inventory: Inventory
}

interface Scene {
  id: string
  scratch: string
  name: string
  fresh: boolean
}

async function realizeScratch(ctx: Ctx, selector: SpecSelector, scene: Scene) {
  const inner: Ctx = { ...ctx, settings: settingsOf(ctx, scene) }
  carryPins(ctx, inner, scene.id)
  const { home } = await realize(inner, selector, { refresh: false, check: 'new', upgrade: false })
  return realizationOf(inner, home, scene.id)
}

async function realizationOf(ctx: Ctx, home: string, id: string): Promise<Realization> {
  const inventory = await inventoryOf(ctx, home, id)
  const text = readMarker(home)?.lock ?? ''
  return { inventory, pins: pinsOf(parseLock(text, home, id)) }
}

function settingsOf({ settings }: Ctx, { id, scratch, name, fresh }: Scene): Ctx['settings'] {
  const dir = join(scratch, name)
  const home = join(dir, `comfy-${id}`)
  if (!fresh) return { ...settings, home, modelsDir: sharedModels(settings, id, scratch) }
  const cacheRoot = join(dir, 'cache')
  const env = { ...settings.env, UV_CACHE_DIR: join(cacheRoot, 'uv') }
  return { ...settings, home, cacheRoot, env, modelsDir: join(dir, 'models') }
}

/** Models inside a home that does not exist yet would make that home a foreign folder. */
function sharedModels(settings: Ctx['settings'], id: string, scratch: string): string {
  const home = homeOf(settings, id)
  const dir = modelsDirOf(settings, home)
  const isOfHome = settings.modelsDir === null && dir === join(home, 'models')
  return isOfHome && readMarker(home) === null ? join(scratch, 'models') : dir
}

/** What is reproduced is the pinned version, not what its branches have become. */
function carryPins(from: Ctx, to: Ctx, id: string): void {
  const target = cachePaths(to.settings.cacheRoot)
  const pins = [
    [target.lock(id), findLock(from.settings, id)?.text ?? null],
    [target.pylock(id), findPylock(from.settings, id)],
  ] as const
  for (const [file, text] of pins)
    if (text !== null && statIfExists(file) === null) writeAtomic(file, text)
}

/** A lock has pins alone. */
async function recorded(
  ctx: Ctx,
  path: string,
  id: string,
): Promise<{ pins: Inventory; inventory: Inventory | null }> {
  const stats = statIfExists(path)
  if (stats === null)
    throw new ComfypinError('USAGE', {
      reason: say(ctx.settings.language, 'pathMissing', { path }),
    })
  try {
    if (stats.isDirectory()) return await realizationOf(ctx, path, id)
    return { pins: pinsOf(parseLock(readFileSync(path, 'utf8'), path, id)), inventory: null }
  } catch (error) {
    if (!hasCode(error, 'HOME_MISSING', 'LOCK_INVALID')) throw error
    const reason = say(ctx.settings.language, 'againstUnknown', { path })
    throw new ComfypinError('USAGE', { reason }, { cause: error })
  }
}

function withoutWarnings(emit: Emit): Emit {
  return (event) => {
    if (event.type !== 'warning') emit(event)
  }
}
