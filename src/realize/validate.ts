import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { isComplete } from '../platform/checkout-tree.ts'
import { verifyModel } from '../models/verify-model.ts'
import { parseSource } from '../models/sources/index.ts'
import { loadSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { resolveVersion } from '../resolve/resolve.ts'
import { createJob, type RealizeJob } from './job.ts'
import { unchangedMarker } from './noop.ts'
import { changedInTree, missingFiles } from './origin.ts'

export interface Validation {
  version_id: string
  problems: Finding[]
}

/** One thing that is not as the spec says. */
export interface Finding {
  subject: string
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
      ...{ refresh: false, offline, readOnly: true },
      partial: true,
    })
    const job = createJob(ctx, {
      specText: loaded.text,
      lock,
      lockText: text,
      check: 'none',
      upgrade: false,
    })
    const lockFinding: Finding[] = unchanged
      ? []
      : [{ subject: 'lock', problem: 'missing or older than the spec' }]
    const nameless = unnamed.map((source) => ({
      subject: `model ${redact(source)}`,
      problem: 'only its server knows the name of its file',
    }))
    const found = await Promise.all([
      checkCheckouts(ctx, job),
      checkModels(ctx, job, options.checksums),
    ])
    return {
      version_id: version,
      problems: [...lockFinding, ...nameless, ...found.flat(), ...checkHome(ctx, job, loaded.text)],
    }
  } catch (error) {
    if (error instanceof ComfypinError && !hasCode(error, 'INTERRUPTED', 'INTERNAL'))
      return { version_id: version, problems: [{ subject: 'lock', problem: error.message }] }
    throw error
  }
}

async function checkCheckouts(ctx: Ctx, job: RealizeJob): Promise<Finding[]> {
  const all = [
    { subject: 'core', origin: job.core.origin, checkout: job.core },
    ...job.packs.map(({ pack, ...rest }) => ({ subject: `pack ${pack.name}`, ...rest })),
  ]
  const findings = all.map(async ({ subject, origin, checkout }): Promise<Finding[]> => {
    if (origin === null || checkout === null) return [{ subject, problem: 'its pin is not known' }]
    const name = origin.kind === 'git' ? `commit ${origin.commit}` : `version ${origin.pin.version}`
    if (!isComplete(checkout)) return [{ subject, problem: `${name} is not in the cache` }]
    const changed = await changedInTree(ctx, job.cache, origin)
    const missing = missingFiles(checkout).map(({ path }) => path)
    return [
      ...(changed.length === 0
        ? []
        : [{ subject, problem: `changed in the cache: ${some(changed)}` }]),
      ...(missing.length === 0 ? [] : [{ subject, problem: `lacks LFS files: ${some(missing)}` }]),
    ]
  })
  return (await Promise.all(findings)).flat()
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
}

async function checkModels(ctx: Ctx, job: RealizeJob, checksums: boolean): Promise<Finding[]> {
  if (job.skipModels) return []
  const roots = { modelsDir: job.modelsDir, home: job.home.home }
  const findings: Finding[] = []
  for (const model of job.lock.models) {
    const source = parseSource(ctx, model.source, '/')
    const options = { hash: checksums, inStore: false }
    const { state } = await verifyModel(ctx, roots, model, source, options)
    if (state !== 'ok')
      findings.push({ subject: `model ${model.target_path}`, problem: MODEL_PROBLEMS[state] })
  }
  return findings
}

const MODEL_PROBLEMS = {
  missing: 'missing',
  size: 'its size is not the one that was downloaded',
  checksum: 'its checksum is not the expected one',
}

function checkHome(ctx: Ctx, job: RealizeJob, specText: string): Finding[] {
  if (job.before === null) return [{ subject: 'home', problem: `${job.home.home} is not realized` }]
  if (unchangedMarker(ctx.settings, job.id, specText) === null)
    return [{ subject: 'home', problem: `${job.home.home} differs from the spec` }]
  const broken = (job.before.check ?? []).filter(({ ok }) => !ok)
  return broken.map(({ name, reason }) => ({
    subject: `pack ${name}`,
    problem: `does not import: ${reason ?? ''}`,
  }))
}
