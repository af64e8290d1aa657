import { realpathSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { lstatIfExists, readlinkIfExists, statIfExists } from '../platform/files.ts'
import { insideOf, isWithin } from '../platform/paths.ts'
import type { LockModel } from '../spec/types.ts'
import { homeFilesDir } from './store-layout.ts'
import { readIndex, type StoreIndex } from './store.ts'
import type { ModelRoots, Source } from './types.ts'

/** What one model of a lock needs. `target` is where ComfyUI looks, `bytes` where the file itself is. */
export type Placement = {
  readonly target: string
  readonly bytes: string
  /**
   * `present`: nothing. `link`: the store has the bytes under another name. `missing`: the bytes
   * have to come. `occupied`: nobody recorded the file at the target; see `adoptModel`.
   */
  readonly kind: 'present' | 'link' | 'missing' | 'occupied'
}

/**
 * Look up one model: its source in the index, its target on disk. Present for that source means
 * used, without checksum or network (R46); two sources never share a target (R47).
 * @throws PATH_UNSAFE, MODEL_TARGET_TAKEN, MODEL_FILE_FOREIGN
 */
export function placementOf(
  roots: ModelRoots,
  model: LockModel,
  source: Source,
  index: StoreIndex = readIndex(roots.modelsDir),
): Placement {
  const target = targetOf(roots, model)
  const place = { roots, model, source, index, target }
  const recorded = index.recordOf(source.key)
  const bytes = recorded === null ? null : insideOf(roots.modelsDir, recorded.path)
  if (bytes !== null && statIfExists(bytes)?.isFile() === true) {
    if (isSameFile(bytes, target)) return { kind: 'present', target, bytes }
    if (isFree(place)) return { kind: 'link', target, bytes }
    throw conflict(place, `the same source is already at ${bytes}`)
  }
  const wanted = model.root === 'models' ? target : homeFileOf(roots, source, target)
  if (isFree(place)) return { kind: 'missing', target, bytes: wanted }
  requireAdoptable(place)
  return { kind: 'occupied', target, bytes: target }
}

/** Where ComfyUI or a pack looks for a model. */
export function targetOf({ modelsDir, home }: ModelRoots, model: LockModel): string {
  return insideOf(model.root === 'models' ? modelsDir : home, model.target_path)
}

/** A path in the model store as the index writes it. */
export function storePath(modelsDir: string, path: string): string {
  return relative(modelsDir, path).split(sep).join('/')
}

interface Place {
  readonly roots: ModelRoots
  readonly model: LockModel
  readonly source: Source
  readonly index: StoreIndex
  readonly target: string
}

function homeFileOf({ modelsDir }: ModelRoots, { key }: Source, target: string): string {
  return join(homeFilesDir(modelsDir), key, basename(target))
}

function isSameFile(one: string, other: string): boolean {
  if (one === other) return true
  const [a, b] = [statIfExists(one), statIfExists(other)]
  return a !== null && b !== null && a.dev === b.dev && a.ino === b.ino
}

/** True when nothing of the user's is at the target: nothing at all, or a link that we may replace. */
function isFree({ roots, model, target }: Place): boolean {
  const entry = lstatIfExists(target)
  if (entry === null) return true
  if (!entry.isSymbolicLink() || !leadsInto(roots.modelsDir, target)) return false
  return model.root === 'home' || statIfExists(target) === null
}

/** True for a link whose destination lies in a model store, whether it is there or not. */
export function leadsInto(modelsDir: string, link: string): boolean {
  const destination = resolve(realpathSync(dirname(link)), readlinkIfExists(link) ?? '')
  return [modelsDir, realpathIfExists(modelsDir)].some((dir) => isWithin(dir, destination))
}

function realpathIfExists(path: string): string {
  return statIfExists(path) === null ? path : realpathSync(path)
}

function requireAdoptable(place: Place): void {
  if (statIfExists(place.target)?.isFile() !== true) throw conflict(place, 'it is not a file')
  if (place.model.root === 'home') throw conflict(place, 'only links are made in a home')
  if (rivalOf(place) !== null) throw conflict(place, '')
}

function conflict(place: Place, reason: string): ComfypinError {
  const { source, target: path } = place
  const rival = rivalOf(place)
  return rival === null
    ? new ComfypinError('MODEL_FILE_FOREIGN', { path, source: source.text, reason })
    : new ComfypinError('MODEL_TARGET_TAKEN', { path, source: source.text, other: rival })
}

/** The other source whose bytes are at the target. */
function rivalOf({ roots, source, index, target }: Place): string | null {
  const owner = index.recordAt(storePath(roots.modelsDir, target))
  return owner === null || owner.source === source.canonical ? null : owner.source
}
