import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { extraModelPathsYaml } from '../../models/extra-model-paths.ts'
import { standardModelFolders } from '../../models/folders.ts'
import {
  asDiskWrite,
  linkAtomic,
  lstatIfExists,
  readTextIfExists,
  statIfExists,
  writeAtomic,
} from '../../platform/files.ts'
import { canMake } from '../can-make.ts'
import type { RealizeJob } from '../job.ts'

/** Folders that ComfyUI and packs expect, and the generated `extra_model_paths.yaml` (R50). */
export function writeHome(job: RealizeJob): void {
  const { home } = job
  asDiskWrite(home.home, () => {
    mkdirSync(home.home, { recursive: true })
    for (const dir of foldersOf(job)) mkdirSync(dir, { recursive: true })
    mkdirSync(home.models, { recursive: true })
    linkModelFolders(job)
  })
  writeAtomic(home.extraModelPaths, yamlOf(job))
}

/**
 * `models/<folder>` of the home leads into the model store: packs that look there by themselves find
 * its files, what they download is shared by all versions, and a link costs no disk block where a
 * folder costs one. What stands there already stays.
 */
function linkModelFolders(job: RealizeJob): void {
  for (const folder of standardModelFolders) {
    const inStore = join(job.modelsDir, folder)
    const inHome = join(job.home.models, folder)
    if (!canMake(inStore)) mkdirSync(inHome, { recursive: true })
    else if (inStore !== inHome && lstatIfExists(inHome) === null) linkAtomic(inStore, inHome)
  }
}

/** Some packs list `models/<folder>` while they are imported and fail where it is missing (packs.md §6.15). */
export function makeModelFolders(models: string): void {
  for (const folder of standardModelFolders) mkdirSync(join(models, folder), { recursive: true })
}

export function isHomeCurrent(job: RealizeJob): boolean {
  return (
    job.before !== null &&
    readTextIfExists(job.home.extraModelPaths) === yamlOf(job) &&
    foldersOf(job).every((dir) => statIfExists(dir) !== null)
  )
}

function foldersOf({ home, modelsDir }: RealizeJob): string[] {
  return [home.customNodes, home.input, home.output, home.user, home.var, modelsDir]
}

function yamlOf(job: RealizeJob): string {
  const folders = job.lock.models.flatMap(({ root, target_path }) => {
    const [folder, ...rest] = target_path.split('/')
    return root === 'models' && folder !== undefined && rest.length > 0 ? [folder] : []
  })
  return extraModelPathsYaml({ modelsDir: job.modelsDir, folders: [...new Set(folders)] })
}
