import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { lstatIfExists, randomName, readlinkIfExists } from '../../platform/files.ts'
import { compileOwnTree } from '../../python/bytecode.ts'
import { sealCheckout } from '../checkout-seal.ts'
import type { RealizeJob } from '../job.ts'
import { bringLateFiles } from '../late-files.ts'
import type { MarkerPack } from '../marker.ts'
import { copyRule } from '../copy-rule.ts'
import { readSeed } from '../pack-seed.ts'
import { downloadFolders, downloadName, linkDownloads } from '../pack-downloads.ts'
import { releaseOwnCopy } from '../own-copy.ts'
import {
  copiedFrom,
  copyPack,
  forgetCopy,
  hasCopy,
  isPristineCopy,
  linkPack,
  packPlace,
  restoreInterrupted,
  writtenFiles,
  type PackPlace,
} from '../pack-folder.ts'
import { readPackRecord } from '../pack-record.ts'
import type { PackStep } from '../step.ts'

/**
 * Put a pack into the home: a link to its clean checkout, or a private copy when it writes there or
 * nobody has seen yet whether it does. A copy that holds changes stays a copy.
 */
export async function placePack(
  ctx: Ctx,
  job: RealizeJob,
  step: PackStep,
): Promise<MarkerPack | null> {
  if (step.action === 'remove') {
    removePack(job, step)
    return null
  }
  const { checkout, pack: name } = step
  const known = job.packs.find(({ pack }) => pack.name === name)
  const own = known?.checkout ?? null
  if (checkout === null || known === undefined || own === null) return null
  const place = packPlace(job.home, name)
  restoreInterrupted(place)
  const record = readPackRecord(own.record)
  const beside = { checkout, record: own.record, seal: own.seal }
  const isOwnCopy = copiedFrom(place) !== null
  if (!copyRule(job)(known, record) && (!isOwnCopy || isPristineCopy(place))) {
    linkPack(place, checkout)
    sealCheckout(own)
    return { name, mode: 'link', ...beside }
  }
  if (!isOwnCopy && record !== null && record.writes.length > 0)
    ctx.emit({ type: 'warning', code: 'PACK_WRITES', params: { name } })
  copyPack(place, checkout, {
    seed: firstSeed(job, name),
    finish: (staged) => {
      bringLateFiles(staged, own)
      linkDownloads(staged, job.modelsDir, downloadName(known.pack))
    },
  })
  await compileOwnTree(ctx, job.home.python, place.path)
  return { name, mode: 'copy', ...beside }
}

/**
 * The folder of state that the spec gives to a pack which has no copy in the home yet; null: none.
 * A copy that is there keeps what it has.
 * @throws STATE_UNUSABLE
 */
export function firstSeed({ home, seeds }: Pick<RealizeJob, 'home' | 'seeds'>, name: string) {
  const seed = seeds.get(name)
  if (seed === undefined || hasCopy(packPlace(home, name))) return null
  readSeed(name, seed)
  return seed.dir
}

/**
 * A link goes, and so does a private copy in which nothing is the user's or the pack's own. Any other
 * copy may hold settings, so it is kept aside (R76, R89).
 */
function removePack(job: RealizeJob, step: PackStep): void {
  const place = packPlace(job.home, step.pack)
  releaseOwnCopy(place)
  if (readlinkIfExists(step.path) !== null) return rmSync(step.path)
  if (lstatIfExists(step.path) === null) return forgetCopy(place)
  const isKept = !isAsMade(place)
  const aside = isKept
    ? join(job.home.var, 'removed-packs', `${step.pack}-${randomName()}`)
    : join(job.home.home, `.${randomName()}.old`) // swept when this is broken off
  mkdirSync(dirname(aside), { recursive: true })
  renameSync(step.path, aside)
  forgetCopy(place)
  if (!isKept) rmSync(aside, { recursive: true, force: true })
}

/** True when a copy holds nothing but its checkout's files and what realize itself put there. */
function isAsMade(place: PackPlace): boolean {
  const from = copiedFrom(place)
  if (from === null || lstatIfExists(from) === null) return false
  const ours = new Set(downloadFolders(from))
  return writtenFiles(place.path, from).every((file) => ours.has(file))
}
