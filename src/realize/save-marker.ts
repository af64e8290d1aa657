import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { lstatIfExists, readlinkIfExists, statIfExists, writeAtomic } from '../platform/files.ts'
import { CLAIM } from './home-guard.ts'
import type { RealizeJob } from './job.ts'
import { modelRecords } from './models.ts'
import type { Marker, MarkerPack, PackCheck } from './marker.ts'
import { stampOf } from './noop.ts'
import { missingFiles } from './origin.ts'
import { copiedFrom, packPlace } from './pack-folder.ts'
import { readPackRecord } from './pack-record.ts'
import { keepPylock } from './python-lock.ts'
import { indexDir } from '../models/store-layout.ts'
import type { Runner } from './run-step.ts'
import type { Step } from './step.ts'
import { coreLocation } from './steps/core.ts'
import { requireVenv } from './steps/packages.ts'

/** Write down what the home was made from, as the very last thing. */
export function saveMarker(
  ctx: Ctx,
  job: RealizeJob,
  steps: readonly Step[],
  { placed, lacksPackages }: Pick<Runner, 'placed' | 'lacksPackages'>,
): Marker {
  const venv = requireVenv(job)
  const core = coreLocation(job)
  const packs = packsOf(job, steps, placed)
  const marker: Marker = {
    schema: 1,
    tool: 'comfypin',
    version_id: job.id,
    home: job.home.home,
    spec: job.specText,
    lock: job.lockText,
    models_dir: job.modelsDir,
    python: { request: job.python, version: venv.version },
    core: { dir: core.dir, checkout: job.core.dir, base_directory: core.baseDirectory },
    env: job.lock.env,
    packs,
    check: checksOf(job),
    seal: {
      stamps: stampAll([
        job.cache.pylock(job.id),
        job.home.extraModelPaths,
        venv.sitePackages,
        join(job.home.venv, 'pyvenv.cfg'),
        ...expectedFiles(job, packs),
      ]),
      models:
        lacksPackages() || VARIABLE_TARGET.test(job.specText) ? 'partial' : modelState(job, steps),
      records: job.skipModels ? [] : modelRecords(ctx, job),
      folders: modelFolders(job),
    },
  }
  if (!lacksPackages()) keepPylock(job)
  writeAtomic(job.home.marker, `${JSON.stringify(marker, null, 1)}\n`)
  rmSync(join(job.home.home, CLAIM), { force: true })
  return marker
}

/** Packs that are in place: placed now, or found in place. */
function packsOf(
  job: RealizeJob,
  steps: readonly Step[],
  placed: ReadonlyMap<string, MarkerPack>,
): MarkerPack[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'pack') return []
    const now = placed.get(step.pack)
    if (now !== undefined) return [now]
    const own = job.packs.find(({ pack }) => pack.name === step.pack)?.checkout ?? null
    if (step.action !== 'reuse' || step.checkout === null || own === null) return []
    const { record, seal } = own
    const place = packPlace(job.home, step.pack)
    const isCopy = readlinkIfExists(place.path) === null && copiedFrom(place) !== null
    const mode = isCopy ? 'copy' : 'link'
    return [{ name: step.pack, mode, checkout: step.checkout, record, seal }]
  })
}

/** A copy that lacks LFS files wants them as soon as its checkout has them. */
function expectedFiles(job: RealizeJob, packs: readonly MarkerPack[]): string[] {
  const copied = new Set(packs.filter(({ mode }) => mode === 'copy').map(({ name }) => name))
  return job.packs.flatMap(({ pack, checkout }) => {
    const lacks = checkout !== null && missingFiles(checkout).length > 0
    return lacks && copied.has(pack.name) ? [checkout.files] : []
  })
}

function checksOf(job: RealizeJob): PackCheck[] {
  return job.packs.flatMap(({ pack, checkout }) => {
    const record = checkout === null ? null : readPackRecord(checkout.record)
    if (record === null) return []
    return [
      {
        name: pack.name,
        ok: record.ok,
        nodes: record.nodes.length,
        seconds: record.seconds,
        reason: record.reason,
      },
    ]
  })
}

/** A target with a variable of the environment: where the model goes is known only by resolving again. */
const VARIABLE_TARGET =
  /"(?:target_path|target_subdir|path)"\s*:\s*"[^"]*\$(?!\{?(?:MODELS_DIR|COMFY_HOME)\b)/

/** What was left out on purpose or offline is looked for again next time. */
function modelState(
  { isPartial, skipModels }: RealizeJob,
  steps: readonly Step[],
): Marker['seal']['models'] {
  if (isPartial || steps.some(({ action }) => action === 'missing' || action === 'foreign'))
    return 'partial'
  return skipModels && steps.some(({ kind }) => kind === 'model') ? 'skipped' : 'complete'
}

function modelFolders({ lock, modelsDir }: RealizeJob): Record<string, string> | null {
  const files = lock.models.map(({ target_path }) => join(modelsDir, target_path))
  const isPlain = (path: string) => lstatIfExists(path)?.isFile() === true
  if (lock.models.some(({ root }) => root === 'home') || !files.every(isPlain)) return null
  return stampAll([...new Set([...files.map(dirname), indexDir(modelsDir)])])
}

function stampAll(paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    paths.flatMap((path) => (statIfExists(path) === null ? [] : [[path, stampOf(path)]])),
  )
}
