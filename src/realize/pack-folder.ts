import {
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import {
  lstatIfExists,
  readlinkIfExists,
  readTextIfExists,
  writeAtomic,
} from '../platform/files.ts'
import type { HomePaths } from '../platform/paths.ts'

/** Where one pack of a home goes, and where it is staged: never inside `custom_nodes`. */
export interface PackPlace {
  /** `custom_nodes/<name>` */
  path: string
  /** Folder of the home on the same filesystem. */
  staging: string
  name: string
}

export function packPlace(home: HomePaths, name: string): PackPlace {
  return { path: join(home.customNodes, name), staging: home.packs, name }
}

/** Every copy of a home: name → the checkout that it was made from. */
export function copiesIn(staging: string): Map<string, string> {
  const marks = lstatIfExists(staging) === null ? [] : readdirSync(staging)
  const names = marks.flatMap((mark) =>
    [MARK, COMING_MARK].flatMap((end) => (mark.endsWith(end) ? [mark.slice(0, -end.length)] : [])),
  )
  return new Map(
    [...new Set(names)].flatMap((name) => {
      const from = markedIn(staging, name)
      return from === null ? [] : [[name, from]]
    }),
  )
}

/** Put a link to the checkout into `custom_nodes`; what stood there before is replaced in one step. */
export function linkPack(place: PackPlace, checkout: string): void {
  if (readlinkIfExists(place.path) === checkout) return
  const staged = join(place.staging, `${place.name}.link`)
  mkdirSync(place.staging, { recursive: true })
  rmSync(staged, { force: true })
  symlinkSync(checkout, staged)
  if (lstatIfExists(place.path)?.isDirectory() === true) swap(place, staged)
  else renameSync(staged, place.path)
  forgetCopy(place)
}

/**
 * Give the home its own copy of a pack that writes into its folder. Never hard links: a pack that
 * opens a tracked file for writing would change the cache (packs.md §5). Files that the pack or the
 * user changed or added in an earlier copy are carried over, as `git pull` would keep them.
 * A mark beside the home's packs says which checkout a copy was made from. It is there before the copy
 * is, and counts from the moment when the copy is in place: whenever this is killed, mark and copy agree.
 * @param more `seed`: folder with files that a first copy starts with; `finish`: what else a copy
 * gets before it is in place
 */
export function copyPack(
  place: PackPlace,
  checkout: string,
  { seed = null, finish = () => {} }: CopyOptions = {},
): void {
  mkdirSync(place.staging, { recursive: true })
  settleMark(place)
  const before = copiedFrom(place)
  const staged = join(place.staging, `${place.name}${STAGED_COPY}`)
  rmSync(staged, { recursive: true, force: true })
  copyTree(checkout, staged, { bytecode: false })
  if (before !== null && hasCopy(place)) carryOver(place.path, before, staged)
  else if (seed !== null) carryOver(seed, checkout, staged)
  finish(staged)
  writeAtomic(comingOf(place), checkout)
  swap(place, staged)
  renameSync(comingOf(place), markOf(place))
}

interface CopyOptions {
  seed?: string | null
  finish?: (staged: string) => void
}

/** True when a copy of ours is in its place: what is in it is the home's own from then on. */
export function hasCopy(place: PackPlace): boolean {
  return copiedFrom(place) !== null && lstatIfExists(place.path)?.isDirectory() === true
}

/** The checkout that the home's copy of a pack was made from; null: there is no copy of ours. */
export function copiedFrom(place: PackPlace): string | null {
  return markedIn(place.staging, place.name)
}

/** A mark of what comes counts once the staged copy has left for its place. */
function markedIn(staging: string, name: string): string | null {
  const coming = readTextIfExists(join(staging, `${name}${COMING_MARK}`))
  const isPlaced = coming !== null && lstatIfExists(join(staging, `${name}${STAGED_COPY}`)) === null
  return isPlaced ? coming : readTextIfExists(join(staging, `${name}${MARK}`))
}

/** True when nothing of the user's is in a copy: nobody changed it, or it is gone. */
export function isPristineCopy(place: PackPlace): boolean {
  const from = copiedFrom(place)
  if (from === null || lstatIfExists(place.path) === null) return true
  return lstatIfExists(from) !== null && writtenFiles(place.path, from).length === 0
}

function swap(place: PackPlace, staged: string): void {
  const old = join(place.staging, `${place.name}.old`)
  if (lstatIfExists(place.path) !== null) renameSync(place.path, old)
  renameSync(staged, place.path)
  rmSync(old, { recursive: true, force: true })
}

/** A process that died between the two renames of `swap` left the user's copy aside. */
export function restoreInterrupted(place: PackPlace): void {
  settleMark(place)
  const old = join(place.staging, `${place.name}.old`)
  if (lstatIfExists(old) === null) return
  if (lstatIfExists(place.path) === null) renameSync(old, place.path)
  else rmSync(old, { recursive: true, force: true })
}

/** What was copied is gone from its place. */
export function forgetCopy(place: PackPlace): void {
  for (const mark of [comingOf(place), markOf(place)]) rmSync(mark, { force: true })
}

function settleMark(place: PackPlace): void {
  if (lstatIfExists(comingOf(place)) === null) return
  const isPlaced = lstatIfExists(join(place.staging, `${place.name}${STAGED_COPY}`)) === null
  if (isPlaced) renameSync(comingOf(place), markOf(place))
  else rmSync(comingOf(place))
}

function markOf(place: PackPlace): string {
  return join(place.staging, `${place.name}${MARK}`)
}

function comingOf(place: PackPlace): string {
  return join(place.staging, `${place.name}${COMING_MARK}`)
}

const MARK = '.from'
/** Ends of names beside the packs of a home: a copy that is being made, and the mark that comes with it. */
export const STAGED_COPY = '.next'
export const COMING_MARK = '.coming'

/**
 * Copy a folder: reflinks where the filesystem can, times kept.
 * @param options bytecode of a checkout never looks at its source again, so it must not come along
 * where sources may change
 */
export function copyTree(from: string, to: string, options: { bytecode: boolean }): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.name === '__pycache__' && !options.bytecode) continue
    if (entry.isDirectory()) copyTree(source, target, options)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else if (entry.isFile()) copyFile(source, target)
  }
}

/** Copy one file over what is there: a reflink where the filesystem can, times kept. */
export function copyFile(source: string, target: string): void {
  copyFileSync(source, target, constants.COPYFILE_FICLONE)
  const { atime, mtime } = lstatSync(source)
  utimesSync(target, atime, mtime)
}

/** Files and links below `copy` that its checkout does not have, or has otherwise, go into `next`. */
export function carryOver(copy: string, checkout: string, next: string): void {
  for (const entry of readdirSync(copy, { withFileTypes: true })) {
    const own = join(copy, entry.name)
    const tracked = join(checkout, entry.name)
    const target = join(next, entry.name)
    if (entry.name === '__pycache__') continue
    if (entry.isDirectory()) carryOver(own, tracked, freePlace(target, 'isDirectory'))
    else if (entry.isSymbolicLink()) carryLink(own, tracked, target)
    else if (entry.isFile() && !isSameFile(own, tracked)) {
      mkdirSync(next, { recursive: true })
      const place = freePlace(target, 'isFile')
      rmSync(place, { force: true }) // it may be a hard link of somebody else's
      copyFile(own, place)
    }
  }
}

/** Where the new commit has something of another kind, the user's own gets a name beside it. */
function freePlace(target: string, isAlike: 'isFile' | 'isDirectory'): string {
  const there = lstatIfExists(target)
  return there === null || there[isAlike]() ? target : `${target}.mine`
}

/** Links that are not the checkout's are models that were placed inside the pack. */
function carryLink(link: string, tracked: string, target: string): void {
  if (lstatIfExists(target) !== null || isSameLink(link, tracked)) return
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(readlinkSync(link), target)
}

function isSameLink(a: string, b: string): boolean {
  return readlinkSync(a) === readlinkIfExists(b)
}

function isSameFile(a: string, b: string): boolean {
  const [left, right] = [lstatIfExists(a), lstatIfExists(b)]
  if (left === null || right === null || !right.isFile() || left.size !== right.size) return false
  if (left.ino === right.ino && left.dev === right.dev) return true
  return readFileSync(a).equals(readFileSync(b))
}

/**
 * Files and links of a copied tree that differ from its checkout: what the pack wrote (paths below
 * it). A new folder counts too, as `name/`: a pack that makes one needs a folder it can write to.
 */
export function writtenFiles(copy: string, checkout: string, below = ''): string[] {
  return readdirSync(join(copy, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name)
    if (entry.name === '__pycache__' || entry.name.endsWith('.pyc')) return []
    if (entry.isDirectory()) {
      const inside = writtenFiles(copy, checkout, path)
      const isNew = lstatIfExists(join(checkout, path)) === null
      return isNew && inside.length === 0 ? [`${path}/`] : inside
    }
    const isSame = entry.isSymbolicLink() ? isSameLink : isSameFile
    return isSame(join(copy, path), join(checkout, path)) ? [] : [path]
  })
}
