import type { JobPack, RealizeJob } from './job.ts'
import { packsWithModels } from './models.ts'
import { isOwnCopyKept } from './own-copy.ts'
import { downloadFolders, downloadName } from './pack-downloads.ts'
import { packPlace } from './pack-folder.ts'
import type { PackRecord } from './pack-record.ts'

/**
 * Whether a home gets a private copy of a pack and no link: it writes into its folder, or nobody has
 * seen yet whether it does; somebody ran its install script; the spec gives it state, or a model; or
 * what it downloads leads into the model store.
 */
export function copyRule(
  job: RealizeJob,
): (entry: Pick<JobPack, 'pack'>, record: PackRecord | null) => boolean {
  const withModels = packsWithModels(job)
  return ({ pack }, record) =>
    record?.writes.length !== 0 ||
    isOwnCopyKept(packPlace(job.home, pack.name)) ||
    job.seeds.has(pack.name) ||
    withModels.has(pack.name) ||
    downloadFolders(downloadName(pack)).length > 0
}
