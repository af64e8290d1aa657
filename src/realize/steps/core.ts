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
import type { RealizeJob } from '../job.ts'

/** Custom-Scripts makes it at import; an empty folder is no change for git (packs.md §6.15). */
const EXTENSION_FOLDER = 'web/extensions/pysssss'

export interface CoreLocation {
  dir: string
  /** False for cores that get a private tree. */
  baseDirectory: boolean
}

/**
 * Where the core runs from: its shared checkout, or, for cores without `--base-directory`
 * (before 0.3.13), a private tree of hard links whose `custom_nodes` is the home's.
 */
export function prepareCore(ctx: Ctx, job: RealizeJob): CoreLocation {
  const location = coreLocation(job)
  if (location.baseDirectory) mkdirSync(join(job.core.dir, EXTENSION_FOLDER), { recursive: true })
  else if (makeTree(job) === 'copied')
    ctx.emit({ type: 'warning', code: 'CORE_COPIED', params: { path: location.dir } })
  return location
}

/** False too when nobody prepared the core yet; preparing twice does no harm. */
export function isCoreCurrent(job: RealizeJob): boolean {
  if (!supports(job.core.dir, '--base-directory')) return isTreeCurrent(job)
  return lstatIfExists(join(job.core.dir, EXTENSION_FOLDER)) !== null
}

export function coreLocation(job: RealizeJob): CoreLocation {
  const baseDirectory = supports(job.core.dir, '--base-directory')
  return { dir: baseDirectory ? job.core.dir : job.home.core, baseDirectory }
}

/** A text that names the checkout which the private tree was made from. */
function treeMark(job: RealizeJob): string {
  return join(job.home.home, '.comfypin-core')
}

function isTreeCurrent(job: RealizeJob): boolean {
  return readTextIfExists(treeMark(job)) === job.core.dir && lstatIfExists(job.home.core) !== null
}

function makeTree(job: RealizeJob): LinkResult {
  const staged = join(job.home.home, `.core-${randomName()}.tmp`)
  const aside = join(job.home.home, `.core-${randomName()}.old`)
  const result = linkCoreTree(job.core.dir, staged, job.home.home)
  if (lstatIfExists(job.home.core) !== null) renameSync(job.home.core, aside)
  renameSync(staged, job.home.core)
  writeAtomic(treeMark(job), job.core.dir)
  rmSync(aside, { recursive: true, force: true })
  return result
}

/** Whether every file is a hard link. */
type LinkResult = 'linked' | 'copied'

/** A private tree of a core; what a user or a pack would put into it lies in the home. */
export function linkCoreTree(checkout: string, dir: string, home: string): LinkResult {
  const result = linkTree(checkout, dir)
  for (const name of ['custom_nodes', 'models', 'input', 'output', 'user']) {
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
