import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startInstance } from '../comfy/instance.ts'
import { parseStartupLog, type PackReport } from '../comfy/startup-log.ts'
import type { Ctx } from '../core/context.ts'
import { hasCode, reasonOf, type ComfypinError } from '../core/errors.ts'
import { linkAtomic, randomName, readTextIfExists } from '../platform/files.ts'
import { availablePacks, type PresentPack, type RealizeJob } from './job.ts'
import { copyTree, writtenFiles } from './pack-folder.ts'
import { checkContext } from './python-lock.ts'
import { readPackRecord, writePackRecord, type PackRecord } from './pack-record.ts'
import { linkCoreTree, type CoreLocation } from './steps/core.ts'
import { makeModelFolders } from './steps/home.ts'

/** The whole start log is wanted: failures come before thousands of lines of other packs. */
const LOG_LINES = 100_000

/**
 * One real start in a scratch home with every pack of the version, new ones as copies (design §4).
 * What it learns is recorded beside each checkout: node classes, import errors, files written.
 * A pack that fails does not fail the realize.
 */
export async function importCheck(
  ctx: Ctx,
  job: RealizeJob,
  core: CoreLocation,
  unchecked: readonly string[],
): Promise<void> {
  const scratch = join(job.cache.tmp, `check-${randomName()}`)
  const present = availablePacks(job)
  try {
    fillScratch(scratch, present, unchecked)
    const outcome = await observeStart(ctx, job, coreOf(job, core, scratch), scratch)
    for (const entry of present.filter(({ pack }) => unchecked.includes(pack.name))) {
      const record = recordOf(job, scratch, entry, outcome)
      if (record === null) continue
      writePackRecord(entry.checkout.record, record)
      report(ctx, entry.pack.name, record, outcome)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** A core without `--base-directory` needs a tree whose `custom_nodes` is the scratch home's. */
function coreOf(job: RealizeJob, core: CoreLocation, scratch: string): string {
  if (core.baseDirectory) return core.dir
  const dir = join(scratch, 'core')
  linkCoreTree(job.core.dir, dir, scratch)
  return dir
}

interface Outcome {
  /** By pack. */
  prestartup: Map<string, PackReport>
  imports: Map<string, PackReport>
  /** By pack; null when ComfyUI did not come up. */
  nodes: Map<string, string[]> | null
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

async function observeStart(
  ctx: Ctx,
  job: RealizeJob,
  coreDir: string,
  scratch: string,
): Promise<Outcome> {
  const lines: string[] = []
  const inner: Ctx = {
    ...ctx,
    emit: (event) => {
      if (event.type === 'instance.log') lines.push(event.line)
      ctx.emit(event)
    },
  }
  try {
    const instance = await startInstance(inner, {
      python: job.home.python,
      coreDir,
      home: scratch,
      extraModelPaths: job.home.extraModelPaths,
      specEnv: job.specEnv,
      logLines: LOG_LINES,
    })
    try {
      const { client } = await instance.session()
      return { ...reportsOf(instance.log()), nodes: nodesByPack(await client.objectInfo()) }
    } finally {
      await instance.stop()
    }
  } catch (error) {
    if (!hasCode(error, 'INSTANCE_DIED', 'INSTANCE_TIMEOUT')) throw error
    ctx.emit({ type: 'warning', code: 'IMPORT_CHECK_FAILED', params: { reason: shorten(error) } })
    return { ...reportsOf(lines), nodes: null }
  }
}

/** What happened, and the last words of the log: the cause stands at its end. */
function shorten(error: ComfypinError): string {
  const [what = '', ...log] = reasonOf(error).split('\n')
  return [what, ...log.slice(-12)].join('\n')
}

function reportsOf(lines: Iterable<string>): Pick<Outcome, 'prestartup' | 'imports'> {
  const { prestartup, imports } = parseStartupLog(lines)
  return { prestartup: byName(prestartup), imports: byName(imports) }
}

function byName(reports: readonly PackReport[]): Map<string, PackReport> {
  return new Map(reports.map((one) => [nameOf(one.path), one]))
}

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path
}

/** ComfyUI says of each class which module it came from: `custom_nodes.<folder>`. */
function nodesByPack(objectInfo: Readonly<Record<string, unknown>>): Map<string, string[]> {
  const nodes = new Map<string, string[]>()
  for (const [classType, info] of Object.entries(objectInfo)) {
    const module =
      typeof info === 'object' && info !== null && 'python_module' in info
        ? String(info.python_module)
        : ''
    if (!module.startsWith('custom_nodes.')) continue
    const pack = module.slice('custom_nodes.'.length)
    nodes.set(pack, [...(nodes.get(pack) ?? []), classType])
  }
  return nodes
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

function report(ctx: Ctx, name: string, record: PackRecord, { prestartup }: Outcome): void {
  const { ok, reason, seconds, nodes } = record
  ctx.emit({ type: 'pack.checked', name, ok, nodes: nodes.length, seconds, reason })
  if (reason !== null) ctx.emit({ type: 'warning', code: 'PACK_FAILED', params: { name, reason } })
  const early = prestartup.get(name)
  if (early?.failed === true)
    ctx.emit({
      type: 'warning',
      code: 'PACK_PRESTARTUP_FAILED',
      params: { name, reason: early.reason ?? 'see the log' },
    })
}
