import type { Ctx } from '../core/context.ts'
import { redact } from '../core/redact.ts'
import { lookUpModels } from '../models/look-up-models.ts'
import { withSizes, type SizedModel } from '../realize/model-sizes.ts'
import { planModels } from '../realize/plan-models.ts'
import { bytesToWrite, type ModelStep } from '../realize/step.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { versionModels, type VersionModels } from './version-models.ts'

/** What the models of a version need, without anything else of it. */
export interface ModelsPlan {
  readonly version: VersionModels
  /** In the order of the spec, as are the steps. */
  readonly facts: readonly SizedModel[]
  readonly steps: readonly ModelStep[]
}

/** One row of what a command tells about a model of a version. */
export interface PlannedModel {
  source: string
  /** Absolute. */
  path: string
  category: string | null
  /** Bytes; null when nobody can say. */
  size: number | null
  present: boolean
  /** Bytes that still have to come; null when nobody can say. */
  missing: number | null
}

/**
 * Look at the models of a version and, unless offline, ask the sources of missing ones for their
 * sizes. Nothing is written.
 */
export async function planVersionModels(ctx: Ctx, selector: SpecSelector): Promise<ModelsPlan> {
  const version = await versionModels(ctx, selector)
  const { models, roots, offline } = version
  const known = lookUpModels(ctx, roots, models, '/')
  const facts = offline
    ? known.map((fact) => ({ ...fact, problem: null }))
    : await withSizes(ctx, known)
  const steps = planModels({ models, offline, skipModels: false }, facts, [])
  return { version, facts, steps: steps.map((step) => stepToStore(version, step)) }
}

/** Whether a link in a home can be made only a realize knows; the bytes are all that can be asked for. */
function stepToStore({ models }: VersionModels, step: ModelStep): ModelStep {
  const isInHome = models[step.index]?.root === 'home'
  return isInHome && step.action === 'link' ? { ...step, action: 'present' } : step
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
