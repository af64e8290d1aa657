import { readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasCode } from '../core/errors.ts'
import { leadsInto } from '../models/placement.ts'
import { lstatIfExists, statIfExists } from '../platform/files.ts'
import { isWithin } from '../platform/paths.ts'
import { parseLock } from '../resolve/lock-schema.ts'
import type { LockModel } from '../resolve/types.ts'
import type { RealizeJob } from './job.ts'
import type { Marker } from './marker.ts'
import { packOf } from './pack-models.ts'

/**
 * Links to models that the last realize made in the home and that are still there, as paths below
 * it. What somebody put in the place of one is not ours.
 */
export function placedLinks(job: RealizeJob): string[] {
  const { before, home } = job
  if (before === null) return []
  const targets = homeModels(before).map(({ target_path }) => target_path)
  return targets.filter((target) => isOurLink(job, join(home.home, target)))
}

/**
 * Folders of `custom_nodes` by name that hold nothing but such links: models are wanted there, and
 * nobody else put anything into them.
 */
export function hollowFolders(job: RealizeJob): Set<string> {
  const names = new Set(job.lock.models.flatMap((model) => packOf(model) ?? []))
  return new Set([...names].filter((name) => isHollow(job, join(job.home.customNodes, name))))
}

function homeModels({ lock, home, version_id: id }: Marker): LockModel[] {
  try {
    return parseLock(lock, home, id).models.filter(({ root }) => root === 'home')
  } catch (error) {
    if (hasCode(error, 'LOCK_INVALID')) return []
    throw error
  }
}

function isOurLink(job: RealizeJob, path: string): boolean {
  if (!isInHome(job, path) || lstatIfExists(path)?.isSymbolicLink() !== true) return false
  const stores = [job.modelsDir, ...(job.before === null ? [] : [job.before.models_dir])]
  return stores.some((store) => leadsInto(store, path))
}

/** Not by way of a link into a checkout, which belongs to all versions. */
function isInHome({ home }: RealizeJob, path: string): boolean {
  const folder = dirname(path)
  return statIfExists(folder) !== null && isWithin(realpathSync(home.home), realpathSync(folder))
}

function isHollow(job: RealizeJob, dir: string): boolean {
  if (lstatIfExists(dir)?.isDirectory() !== true) return false
  return readdirSync(dir, { withFileTypes: true }).every((entry) => {
    const path = join(dir, entry.name)
    return entry.isDirectory() ? isHollow(job, path) : isOurLink(job, path)
  })
}
