import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { sweepParts } from '../download/sweep-parts.ts'
import { lookUpModels, recordNameOf } from '../models/look-up-models.ts'
import { targetOf } from '../models/placement.ts'
import { readIndex } from '../models/store.ts'
import { parseSource } from '../models/sources/index.ts'
import type { ModelPresence, ModelRoots, Source } from '../models/types.ts'
import type { HttpAgents } from '../platform/open-url.ts'
import type { LockModel } from '../spec/types.ts'
import { bringModel } from './bring-model.ts'
import type { RealizeJob } from './job.ts'
import { withSizes } from './model-sizes.ts'
import { packOf } from './pack-models.ts'
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
  return !askSizes || job.offline ? known : withSizes(ctx, known)
}

/**
 * Bring one model into the store and to its target; true when it was there after all.
 * @param onLanded as in `ModelRequest`
 */
export async function fetchModel(
  ctx: Ctx,
  job: RealizeJob,
  { id, index }: ModelStep,
  agents: HttpAgents,
  onLanded: () => void,
): Promise<boolean> {
  const model = job.lock.models[index]
  if (model === undefined)
    throw new ComfypinError('INTERNAL', { reason: `no model ${index} in the lock` })
  const roots = rootsOf(job)
  const request = { id, model, roots, anew: false, upTo: 'target', onLanded } as const
  return (await bringModel(ctx, request, agents)) === 'present'
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
  return new Set(job.lock.models.flatMap((model) => packOf(model) ?? []))
}

function sourceOf(ctx: Ctx, model: LockModel): Source {
  return parseSource(ctx, model.source, '/')
}

function rootsOf(job: RealizeJob): ModelRoots {
  return { modelsDir: job.modelsDir, home: job.home.home }
}
