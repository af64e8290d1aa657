import type { Ctx } from '../core/context.ts'
import { redact } from '../core/redact.ts'
import { lookUpModels } from '../models/look-up-models.ts'
import { placementOf } from '../models/placement.ts'
import { parseSource } from '../models/sources/index.ts'
import { withSizes, type SizedModel } from '../realize/model-sizes.ts'
import { planModels } from '../realize/plan-models.ts'
import { bytesToWrite, type ModelStep } from '../realize/step.ts'
import type { ModelSet, UnnamedModel } from './version-models.ts'

/** What models need, without anything else of a version. */
export interface ModelsPlan {
  /** In order, as are the steps. */
  readonly facts: readonly SizedModel[]
  readonly steps: readonly ModelStep[]
}

/** One row of what a command tells about a model. */
export interface PlannedModel {
  source: string
  /** Absolute; null: only the source knows its name. */
  path: string | null
  category: string | null
  /** Bytes; null when nobody can say. */
  size: number | null
  present: boolean
  /** Bytes that still have to come; null when nobody can say. */
  missing: number | null
}

/**
 * Look at models and, unless offline, ask the sources of missing ones for their sizes. Nothing is
 * written.
 */
export async function planModelSet(ctx: Ctx, set: ModelSet): Promise<ModelsPlan> {
  const { models, roots, offline } = set
  const known = lookUpModels(ctx, roots, models, '/')
  const facts = offline
    ? known.map((fact) => ({ ...fact, problem: null }))
    : await withSizes(ctx, known)
  const steps = planModels({ models, offline, skipModels: false, packless: new Set() }, facts, [])
  return { facts, steps: steps.map((step) => stepToStore(ctx, set, step)) }
}

/** Whether a link in a home can be made only a realize knows; the bytes are all that can be asked for. */
function stepToStore(
  ctx: Ctx,
  { models, roots, isHomeless }: ModelSet,
  step: ModelStep,
): ModelStep {
  const model = models[step.index]
  if (model?.root !== 'home') return step
  const action = step.action === 'link' ? 'present' : step.action
  if (!isHomeless) return { ...step, action }
  const { bytes } = placementOf(roots, model, parseSource(ctx, model.source, '/'))
  return { ...step, action, path: bytes }
}

export function plannedModels({ facts, steps }: ModelsPlan): PlannedModel[] {
  return steps.map((step) => ({
    source: redact(step.source),
    path: step.path,
    category: facts[step.index]?.category ?? null,
    size: step.size,
    present: step.action === 'present',
    missing: step.action === 'missing' ? step.size : bytesToWrite(step),
  }))
}

/** The row of a model of which hardly anything is known. */
export function unnamedModel({ source, category }: UnnamedModel): PlannedModel {
  return {
    source: redact(source),
    path: null,
    category,
    size: null,
    present: false,
    missing: null,
  }
}
