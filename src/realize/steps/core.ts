import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  readlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { supports } from '../../comfy/flags.ts'
import type { Ctx } from '../../core/context.ts'
import { systemCode } from '../../core/errors.ts'
import { lstatIfExists, randomName, readTextIfExists, writeAtomic } from '../../platform/files.ts'
import { CORE_HOME_FOLDERS, hasCoreWriter } from '../core-writes.ts'
import type { RealizeJob } from '../job.ts'
import { carryOver } from '../pack-folder.ts'

/** Custom-Scripts makes it at import; an empty folder is no change for git (packs.md §6.15). */
const EXTENSION_FOLDER = 'web/extensions/pysssss'

export interface CoreLocation {
  dir: string
  /** Whether the core can be told where the home is. */
  baseDirectory: boolean
}

/**
 * Where the core runs from: its shared checkout, or a private tree of hard links whose `custom_nodes`
 * is the home's. That is for cores without `--base-directory` (before 0.3.13), and for packs that keep
 * files in the folder of the core.
 */
export function prepareCore(ctx: Ctx, job: RealizeJob): CoreLocation {
  const location = coreLocation(job)
  if (location.dir === job.core.dir)
    mkdirSync(join(job.core.dir, EXTENSION_FOLDER), { recursive: true })
  else if (!isTreeCurrent(job) && makeTree(job) === 'copied')
    ctx.emit({ type: 'warning', code: 'CORE_COPIED', params: { path: location.dir } })
  return location
}

/** False too when nobody prepared the core yet; preparing twice does no harm. */
export function isCoreCurrent(job: RealizeJob): boolean {
  if (coreLocation(job).dir !== job.core.dir) return isTreeCurrent(job)
  return lstatIfExists(join(job.core.dir, EXTENSION_FOLDER)) !== null
}

export function coreLocation(job: RealizeJob): CoreLocation {
  const baseDirectory = supports(job.core.dir, '--base-directory')
  const isShared = baseDirectory && !hasCoreWriter(job.packs)
  return { dir: isShared ? job.core.dir : job.home.core, baseDirectory }
}

/** In the tree, with which it comes and goes: the checkout that it was made from. */
const TREE_MARK = '.comfypin-core'

function isTreeCurrent({ core, home }: RealizeJob): boolean {
  return readTextIfExists(join(home.core, TREE_MARK)) === core.dir
}

/** What packs keep in the folder of the core survives another commit of it, and a kill at any moment. */
function makeTree(job: RealizeJob): LinkResult {
  const { home, core } = job.home
  const aside = join(home, '.core-before')
  if (lstatIfExists(core) !== null) rmSync(aside, { recursive: true, force: true })
  else if (lstatIfExists(aside) !== null) renameSync(aside, core) // killed between the renames below
  const staged = join(home, `.core-${randomName()}.tmp`)
  const result = linkCoreTree(job.core.dir, staged, home)
  const before = readTextIfExists(join(core, TREE_MARK))
  const isKnown = before !== null && lstatIfExists(before) !== null
  if (isKnown) carryOver(core, before, staged)
  writeAtomic(join(staged, TREE_MARK), job.core.dir)
  // Without the old checkout nobody can tell what in the tree is not from it.
  if (lstatIfExists(core) !== null)
    renameSync(core, isKnown ? aside : join(home, `core.kept-${randomName()}`))
  renameSync(staged, core)
  rmSync(aside, { recursive: true, force: true })
  return result
}

/** Whether every file is a hard link. */
type LinkResult = 'linked' | 'copied'

/** A private tree of a core; what a user or a pack would put into it lies in the home. */
export function linkCoreTree(checkout: string, dir: string, home: string): LinkResult {
  const result = linkTree(checkout, dir)
  for (const name of CORE_HOME_FOLDERS) {
    rmSync(join(dir, name), { recursive: true, force: true })
    symlinkSync(join(home, name), join(dir, name))
  }
  return result
}

/** Hard links where the filesystem allows, copies elsewhere. */
function linkTree(from: string, to: string): LinkResult {
  mkdirSync(to, { recursive: true })
  const results = readdirSync(from, { withFileTypes: true }).map((entry): LinkResult => {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) return linkTree(source, target)
    if (!entry.isSymbolicLink()) return linkOrCopy(source, target)
    symlinkSync(readlinkSync(source), target)
    return 'linked'
  })
  return results.includes('copied') ? 'copied' : 'linked'
}

function linkOrCopy(source: string, target: string): LinkResult {
  try {
    linkSync(source, target)
    return 'linked'
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes(systemCode(error) ?? '')) throw error
    copyFileSync(source, target)
    return 'copied'
  }
}
