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

/** A text that names the checkout which the private tree was made from. */
function treeMark(job: RealizeJob): string {
  return join(job.home.home, '.comfypin-core')
}

function isTreeCurrent(job: RealizeJob): boolean {
  return readTextIfExists(treeMark(job)) === job.core.dir && lstatIfExists(job.home.core) !== null
}

/** What packs keep in the folder of the core survives another commit of it. */
function makeTree(job: RealizeJob): LinkResult {
  const { home, core } = job.home
  const staged = join(home, `.core-${randomName()}.tmp`)
  const result = linkCoreTree(job.core.dir, staged, home)
  const before = readTextIfExists(treeMark(job))
  const isKnown = before !== null && lstatIfExists(before) !== null
  // Without the old checkout nobody can tell what in the tree is not from it.
  const aside = join(home, isKnown ? `.core-${randomName()}.old` : `core.kept-${randomName()}`)
  if (lstatIfExists(core) !== null) {
    if (isKnown) carryOver(core, before, staged)
    renameSync(core, aside)
  }
  renameSync(staged, core)
  writeAtomic(treeMark(job), job.core.dir)
  if (isKnown) rmSync(aside, { recursive: true, force: true })
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
