import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { readlinkIfExists, statIfExists } from '../../platform/files.ts'
import { isWithin } from '../../platform/paths.ts'
import type { RealizeJob } from '../job.ts'
import type { UnlinkStep } from '../step.ts'

/** Take a link to a model out of the home, and the folders that are empty then. The model stays. */
export function unlinkModel(job: RealizeJob, { path }: UnlinkStep): void {
  if (readlinkIfExists(path) === null) return
  rmSync(path)
  for (let dir = dirname(path); isRemovable(job, dir); dir = dirname(dir)) rmdirSync(dir)
}

function isRemovable({ home }: RealizeJob, dir: string): boolean {
  const { customNodes, input, output, temp, user, models, var: own } = home
  if (!isWithin(home.home, dir)) return false
  if ([customNodes, input, output, temp, user, models, own].includes(dir)) return false
  return statIfExists(dir)?.isDirectory() === true && readdirSync(dir).length === 0
}
