import { rmdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { isComfypinError, systemCode } from '../core/errors.ts'
import { readlinkIfExists } from '../platform/files.ts'
import { withLockFile } from '../platform/lock-file.ts'
import { compileOwnTree } from '../python/bytecode.ts'
import { dropSeal, sealCheckout } from './checkout-seal.ts'
import type { JobPack, RealizeJob } from './job.ts'
import { jobOfHome } from './job-of-home.ts'
import type { LateWrite } from './late-writes.ts'
import { readMarker } from './marker.ts'
import { noteCopy } from './note-copy.ts'
import { repairTree } from './origin.ts'
import { copyPack, packPlace } from './pack-folder.ts'
import { readPackRecord, writePackRecord } from './pack-record.ts'
import { compileBytecode, dropCompiledMarks } from './steps/bytecode.ts'

/** Give each of these packs a copy of its own in this home, and make its checkout again. */
export async function healLateWrites(
  ctx: Ctx,
  home: string,
  late: readonly LateWrite[],
): Promise<void> {
  const marker = readMarker(home)
  if (marker === null) return
  const job = jobOfHome(ctx, marker)
  await withLockFile(ctx, `${job.cache.locks}/home-${job.id}.lock`, async () => {
    for (const write of late) await healOrTell(ctx, job, write)
  })
}

/** The run is over and was fine: what cannot be put right is told, and no failure. */
async function healOrTell(ctx: Ctx, job: RealizeJob, write: LateWrite): Promise<void> {
  const { name } = write
  const files = write.files.slice(0, 5).join(', ') + (write.files.length > 5 ? ', …' : '')
  try {
    if (!(await heal(ctx, job, write))) return
    ctx.emit({ type: 'warning', code: 'PACK_WROTE_LATE', params: { name, files } })
  } catch (error) {
    if (!isComfypinError(error)) throw error
    const params = { name, files, reason: error.message }
    ctx.emit({ type: 'warning', code: 'PACK_WROTE_LATE_UNHEALED', params })
  }
}

/** False when somebody else was faster. */
async function heal(
  ctx: Ctx,
  job: RealizeJob,
  { name, checkout, files }: LateWrite,
): Promise<boolean> {
  const place = packPlace(job.home, name)
  if (readlinkIfExists(place.path) !== checkout) return false
  const known = job.packs.find(({ pack }) => pack.name === name) ?? null
  if (known?.checkout != null) markWriter(known.checkout.record, files)
  copyPack(place, checkout)
  await compileOwnTree(ctx, job.home.python, place.path)
  noteCopy(job.home, name)
  if (known !== null) await restore(ctx, job, known, files)
  return true
}

/** Every home that is made from now on gets a copy of its own. */
function markWriter(record: string, files: readonly string[]): void {
  const known = readPackRecord(record)
  if (known === null) return
  writePackRecord(record, { ...known, writes: [...new Set([...known.writes, ...files])] })
}

async function restore(
  ctx: Ctx,
  job: RealizeJob,
  { origin, checkout }: JobPack,
  files: readonly string[],
): Promise<void> {
  if (origin === null || checkout === null) return
  const repair = await repairTree(ctx, job.cache, origin)
  removeFolders(checkout.dir, files)
  dropSeal(checkout)
  sealCheckout(checkout)
  if (repair === null) return
  dropCompiledMarks(checkout.tree)
  await compileBytecode(ctx, job, checkout.tree)
}

/** git knows no empty folders, so it does not see that one was added. */
function removeFolders(checkout: string, files: readonly string[]): void {
  const folders = files.filter((path) => path.endsWith('/')).toSorted()
  for (const folder of folders.toReversed()) removeEmpty(join(checkout, folder))
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw error
  }
}
