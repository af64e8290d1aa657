import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { copyLocal } from '../download/copy-local.ts'
import { sweepParts } from '../download/sweep-parts.ts'
import { transfer } from '../download/transfer.ts'
import type { TransferResult } from '../download/types.ts'
import { adoptModel } from '../models/adopt-model.ts'
import { lookUpModels, recordNameOf } from '../models/look-up-models.ts'
import { withModelLock } from '../models/model-lock.ts'
import { linkModel, recordModel } from '../models/place-model.ts'
import { placementOf, targetOf } from '../models/placement.ts'
import { sizeOf } from '../models/probe-source.ts'
import { readIndex } from '../models/store.ts'
import { parseSource } from '../models/sources/index.ts'
import type { ModelPresence, ModelRoots, Source } from '../models/types.ts'
import { createHttpAgents, destroyAgents, type HttpAgents } from '../platform/open-url.ts'
import type { Checksum, LockModel } from '../spec/types.ts'
import type { RealizeJob } from './job.ts'
import type { ModelStep } from './step.ts'

/**
 * What is here of each model of the lock.
 * @param askSizes also ask the sources of missing ones for their size; a source that does not answer
 * now leaves it unknown, and the download tells why
 */
export async function observeModels(
  ctx: Ctx,
  job: RealizeJob,
  askSizes: boolean,
): Promise<ModelPresence[]> {
  if (job.skipModels) return []
  const known = lookUpModels(ctx, rootsOf(job), job.lock.models, '/')
  if (!askSizes || job.offline) return known
  const agents = createHttpAgents()
  try {
    return await Promise.all(
      known.map(async (fact, index) => {
        const model = job.lock.models[index]
        if (fact.present || fact.size !== null || model === undefined) return fact
        return { ...fact, size: await askSize(() => sizeOf(ctx, sourceOf(ctx, model), agents)) }
      }),
    )
  } finally {
    destroyAgents(agents)
  }
}

async function askSize(ask: () => Promise<number | null>): Promise<number | null> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ComfypinError && error.code !== 'INTERRUPTED') return null
    throw error
  }
}

/**
 * Bring one model into the store and to its target; true when it was there after all.
 * @param agents connections shared by all models of a realize
 */
export async function fetchModel(
  ctx: Ctx,
  job: RealizeJob,
  step: ModelStep,
  agents: HttpAgents,
): Promise<boolean> {
  const model = job.lock.models[step.index]
  if (model === undefined)
    throw new ComfypinError('INTERNAL', { reason: `no model ${step.index} in the lock` })
  const roots = rootsOf(job)
  const source = sourceOf(ctx, model)
  return withModelLock(ctx, roots, model, source, async () => {
    const placement = placementOf(roots, model, source)
    if (placement.kind === 'present') return true
    if (placement.kind === 'occupied')
      await adoptModel(ctx, roots, model, source, () => sizeOf(ctx, source, agents))
    if (placement.kind === 'missing')
      recordModel(
        roots,
        source,
        placement,
        await receive(ctx, step, source, {
          checksum: model.checksum,
          target: placement.bytes,
          agents,
        }),
      )
    linkModel(roots, model, placement)
    return false
  })
}

interface Delivery {
  checksum: Checksum | null
  target: string
  agents: HttpAgents
}

function receive(
  ctx: Ctx,
  { id }: ModelStep,
  source: Source,
  { checksum, target, agents }: Delivery,
): Promise<TransferResult> {
  if (source.kind === 'file') return copyLocal(ctx, { id, from: source.path, target, checksum })
  const { text, url, headers, hintFor: describe } = source
  const request = { id, source: text, url, headers, target, checksum, describe, agents }
  return transfer(ctx, { ...request, expectedSize: null, renew: null })
}

/** Remove downloads into this version's model folders that nobody continued for a week (R53). */
export function sweepModels(ctx: Ctx, job: RealizeJob): void {
  sweepParts(
    ctx,
    job.lock.models.map((model) => dirname(targetOf(rootsOf(job), model))),
  )
}

/** What a no-op compares per model: the name of its record in the store's index. */
export function modelRecords(ctx: Ctx, job: RealizeJob): string[] {
  const index = readIndex(job.modelsDir)
  return job.lock.models.map((model) => recordNameOf(sourceOf(ctx, model), index) ?? '')
}

/** Names of packs that get a model into their folder: only a copy of their own can take it (R51). */
export function packsWithModels(job: RealizeJob): Set<string> {
  const inside = job.lock.models.flatMap(({ root, target_path }) => {
    const [top, pack] = target_path.split('/')
    return root === 'home' && top === 'custom_nodes' && pack !== undefined ? [pack] : []
  })
  return new Set(inside)
}

function sourceOf(ctx: Ctx, model: LockModel): Source {
  return parseSource(ctx, model.source, '/')
}

function rootsOf(job: RealizeJob): ModelRoots {
  return { modelsDir: job.modelsDir, home: job.home.home }
}
