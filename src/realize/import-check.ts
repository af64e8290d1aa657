import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { linkAtomic, randomName, readTextIfExists } from '../platform/files.ts'
import { missingModule, packageOfModule } from '../python/module-packages.ts'
import { coreWrites } from './core-writes.ts'
import { availablePacks, type PresentPack, type RealizeJob } from './job.ts'
import { tellFewerNodes } from './node-count.ts'
import { observeStart, type Outcome } from './observe-start.ts'
import { downloadEnv, downloadName } from './pack-downloads.ts'
import { copyTree, writtenFiles } from './pack-folder.ts'
import { checkContext } from './python-lock.ts'
import { readPackRecord, writePackRecord, type PackRecord } from './pack-record.ts'
import { linkCoreTree } from './steps/core.ts'
import { makeModelFolders } from './steps/home.ts'
import { numbaCache } from './steps/numba.ts'

/**
 * One real start in a scratch home with every pack of the version, new ones as copies, and with a tree
 * of the core that packs may write into (design §4).
 * What it learns is recorded beside each checkout: node classes, import errors, files written.
 * A pack that fails does not fail the realize.
 */
export async function importCheck(
  ctx: Ctx,
  job: RealizeJob,
  unchecked: readonly string[],
): Promise<void> {
  const scratch = join(job.cache.tmp, `check-${randomName()}`)
  const present = availablePacks(job)
  try {
    fillScratch(scratch, present, unchecked)
    const coreDir = join(scratch, 'core')
    linkCoreTree(job.core.dir, coreDir, scratch)
    const outcome = await observeStart(ctx, job.id, {
      python: job.home.python,
      coreDir,
      home: scratch,
      extraModelPaths: job.home.extraModelPaths,
      specEnv: checkEnv(ctx, job),
    })
    const looked = present.filter(({ pack }) => unchecked.includes(pack.name))
    const packs = looked.map(({ pack, checkout }) => ({ name: pack.name, dir: checkout.dir }))
    const inCore = coreWrites({ tree: coreDir, checkout: job.core.dir, packs })
    for (const entry of looked) {
      const found = recordOf(job, scratch, entry, outcome)
      if (found === null) continue
      const written = inCore.get(entry.pack.name)
      const record = written === undefined ? found : { ...found, core_writes: written }
      const before = lastGoodRecord(job, entry)
      writePackRecord(entry.checkout.record, record)
      report(ctx, entry.pack.name, record, before, outcome)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function fillScratch(
  scratch: string,
  packs: readonly PresentPack[],
  unchecked: readonly string[],
): void {
  const customNodes = join(scratch, 'custom_nodes')
  mkdirSync(customNodes, { recursive: true })
  makeModelFolders(join(scratch, 'models'))
  for (const { pack, checkout } of packs) {
    const writes = (readPackRecord(checkout.record)?.writes.length ?? 0) > 0
    if (writes || unchecked.includes(pack.name))
      copyTree(checkout.dir, join(customNodes, pack.name), { bytecode: true })
    else linkAtomic(checkout.dir, join(customNodes, pack.name))
  }
}

/** What numba compiles now is compiled for the home: its cache is keyed by the path of the venv. */
function checkEnv(ctx: Ctx, job: RealizeJob): Record<string, string> {
  return {
    NUMBA_CACHE_DIR: numbaCache(job.home),
    ...downloadEnv(ctx, job.modelsDir, job.lock.custom_nodes.map(downloadName)),
    ...job.specEnv,
  }
}

/** null: nothing can be said of this pack, because ComfyUI ended before it told. */
function recordOf(
  job: RealizeJob,
  scratch: string,
  { pack, checkout }: PresentPack,
  { imports, nodes }: Outcome,
): PackRecord | null {
  const seen = imports.get(pack.name)
  if (nodes === null && seen?.failed !== true) return null
  const reason = seen?.failed === true ? (seen.reason ?? 'see the log') : null
  return {
    schema: 1,
    ok: reason === null,
    reason,
    nodes: (nodes?.get(pack.name) ?? []).toSorted(),
    seconds: seen?.seconds ?? 0,
    writes: writtenFiles(join(scratch, 'custom_nodes', pack.name), checkout.dir),
    context: checkContext(job, readTextIfExists(job.cache.pylock(job.id)) ?? ''),
  }
}

/** Of this checkout, else of the one that the home had before. */
function lastGoodRecord(job: RealizeJob, { pack, checkout }: PresentPack): PackRecord | null {
  const old = job.before?.packs.find(({ name }) => name === pack.name)?.record
  const places = [checkout.record, ...(old === undefined ? [] : [old])]
  return places.map(readPackRecord).find((record) => record?.ok === true) ?? null
}

function report(
  ctx: Ctx,
  name: string,
  record: PackRecord,
  before: PackRecord | null,
  { prestartup }: Outcome,
): void {
  const { ok, reason, seconds, nodes } = record
  ctx.emit({ type: 'pack.checked', name, ok, nodes: nodes.length, seconds, reason })
  if (reason !== null) tellFailure(ctx, name, reason)
  else if (before !== null) tellFewerNodes(ctx, name, before.nodes, nodes)
  const early = prestartup.get(name)
  if (early?.failed === true)
    ctx.emit({
      type: 'warning',
      code: 'PACK_PRESTARTUP_FAILED',
      params: { name, reason: early.reason ?? 'see the log' },
    })
}

/** What is missing is named, and never installed without being asked for. */
function tellFailure(ctx: Ctx, name: string, reason: string): void {
  ctx.emit({ type: 'warning', code: 'PACK_FAILED', params: { name, reason } })
  const module = missingModule(reason)
  if (module === null) return
  const params = { name, module, package: packageOfModule(module) }
  ctx.emit({ type: 'warning', code: 'PACK_NEEDS_PACKAGE', params })
}
