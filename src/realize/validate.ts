import type { Ctx } from '../core/context.ts'
import { describeError } from '../core/describe-error.ts'
import { hasCode, isComfypinError, type ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { fill, type ParamValues } from '../core/template.ts'
import { validationTable, type ValidationCode } from '../core/validation-table.ts'
import { isComplete } from '../platform/checkout-tree.ts'
import { verifyModel } from '../models/verify-model.ts'
import { parseSource } from '../models/sources/index.ts'
import { loadSpec, type LoadedSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { resolveVersion } from '../resolve/resolve.ts'
import { createJob, type RealizeJob } from './job.ts'
import { unchangedMarker } from './noop.ts'
import { packOf, placeableModels } from './pack-models.ts'
import { inspectSeed, seedPlaces } from './pack-seed.ts'
import { changedInTree, missingFiles, type Origin } from './origin.ts'

export interface Validation {
  version_id: string
  problems: Finding[]
}

/** One thing that is not as the spec says. */
export interface Finding {
  /** `lock`, `core`, `home`, `pack <name>`, `model <path>` */
  subject: string
  code: ValidationCode
  params: Readonly<Record<string, string>>
  /** In English; `problemText` knows other languages. */
  problem: string
}

/**
 * Look at everything that belongs to a version and change nothing (R99): the lock or, without one,
 * the remotes; checkouts file by file; models by size or checksum; the home.
 * @throws SPEC_NOT_FOUND, SPEC_INVALID
 */
export async function validateVersion(
  ctx: Ctx,
  selector: SpecSelector,
  options: { checksums: boolean },
): Promise<Validation> {
  const loaded = loadSpec(ctx, selector)
  const offline = ctx.settings.offline ?? loaded.spec.options.offline
  const version = loaded.spec.version_id
  try {
    const { lock, text, unchanged, unnamed } = await resolveVersion(ctx, loaded, {
      refresh: false,
      offline,
      readOnly: true,
      partial: true,
    })
    const job = createJob(ctx, {
      specText: loaded.text,
      lock,
      lockText: text,
      check: 'none',
      upgrade: false,
    })
    const lockFinding = unchanged ? [] : [finding('lock', 'LOCK_STALE', {})]
    const nameless = unnamed.map((source) =>
      finding(`model ${redact(source)}`, 'MODEL_NAMELESS', {}),
    )
    const found = await Promise.all([
      checkCheckouts(ctx, job),
      checkModels(ctx, job, options.checksums),
    ])
    return {
      version_id: version,
      problems: [
        ...lockFinding,
        ...nameless,
        ...found.flat(),
        ...checkSeeds(loaded),
        ...checkHome(ctx, job, loaded.text),
      ],
    }
  } catch (error) {
    if (isComfypinError(error) && !hasCode(error, 'INTERRUPTED', 'INTERNAL'))
      return { version_id: version, problems: [await unresolved(ctx, error)] }
    throw error
  }
}

async function unresolved(ctx: Ctx, error: ComfypinError): Promise<Finding> {
  const { message: reason } = await describeError(error, ctx.settings.language)
  return { ...finding('lock', 'RESOLVE_FAILED', { reason }), problem: error.message }
}

function finding<C extends ValidationCode>(
  subject: string,
  code: C,
  params: ParamValues<(typeof validationTable)[C]['en']>,
): Finding {
  const texts = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, String(value)]),
  )
  return { subject, code, params: texts, problem: fill(validationTable[code].en, texts) }
}

async function checkCheckouts(ctx: Ctx, job: RealizeJob): Promise<Finding[]> {
  const all = [
    { subject: 'core', origin: job.core.origin, checkout: job.core },
    ...job.packs.map(({ pack, ...rest }) => ({ subject: `pack ${pack.name}`, ...rest })),
  ]
  const findings = all.map(async ({ subject, origin, checkout }): Promise<Finding[]> => {
    if (origin === null || checkout === null) return [finding(subject, 'PIN_UNKNOWN', {})]
    if (!isComplete(checkout)) return [notCached(subject, origin)]
    const changed = await changedInTree(ctx, job.cache, origin)
    const missing = missingFiles(checkout).map(({ path }) => path)
    return [
      ...(changed.length === 0
        ? []
        : [finding(subject, 'CHECKOUT_CHANGED', { files: some(changed) })]),
      ...(missing.length === 0 ? [] : [finding(subject, 'LFS_MISSING', { files: some(missing) })]),
    ]
  })
  return (await Promise.all(findings)).flat()
}

function notCached(subject: string, origin: Origin): Finding {
  return origin.kind === 'git'
    ? finding(subject, 'COMMIT_NOT_CACHED', { name: origin.commit })
    : finding(subject, 'ARCHIVE_NOT_CACHED', { name: origin.pin.version })
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
}

async function checkModels(ctx: Ctx, job: RealizeJob, checksums: boolean): Promise<Finding[]> {
  if (job.skipModels) return []
  const roots = { modelsDir: job.modelsDir, home: job.home.home }
  const findings: Finding[] = []
  const placeable = new Set(placeableModels(job.lock, job.home.customNodes))
  for (const [index, model] of job.lock.models.entries()) {
    const pack = packOf(model)
    if (pack !== null && !placeable.has(index)) {
      findings.push(finding(`model ${model.target_path}`, 'MODEL_WITHOUT_PACK', { pack }))
      continue
    }
    const source = parseSource(ctx, model.source, '/')
    const options = { hash: checksums, inStore: false }
    const { state } = await verifyModel(ctx, roots, model, source, options)
    if (state !== 'ok')
      findings.push(finding(`model ${model.target_path}`, MODEL_PROBLEMS[state], {}))
  }
  return findings
}

const MODEL_PROBLEMS = {
  missing: 'MODEL_MISSING',
  size: 'MODEL_SIZE',
  checksum: 'MODEL_CHECKSUM',
} as const

function checkSeeds(loaded: LoadedSpec): Finding[] {
  return [...seedPlaces(loaded)].flatMap(([name, seed]) => {
    const reason = inspectSeed(seed)
    if (typeof reason !== 'string') return []
    return [finding(`pack ${name}`, 'STATE_UNUSABLE', { path: seed.dir, reason })]
  })
}

function checkHome(ctx: Ctx, job: RealizeJob, specText: string): Finding[] {
  const { home } = job.home
  if (job.before === null) return [finding('home', 'HOME_MISSING', { home })]
  if (unchangedMarker(ctx.settings, job.id, specText) === null)
    return [finding('home', 'HOME_OUTDATED', { home })]
  const broken = (job.before.check ?? []).filter(({ ok }) => !ok)
  return broken.map(({ name, reason }) =>
    finding(`pack ${name}`, 'PACK_BROKEN', { reason: reason ?? '' }),
  )
}
