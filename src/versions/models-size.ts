import { messageOf } from './message-of.ts'
import type { Ctx } from '../core/context.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { plannedModels, planModelSet, unnamedModel, type PlannedModel } from './models-plan.ts'
import { versionModels } from './version-models.ts'

export interface SizedModelRow extends PlannedModel {
  /** Why its source would not say the size or the name, in the user's language. */
  problem: string | null
}

export interface ModelsSize {
  version_id: string
  models_dir: string
  models: SizedModelRow[]
  /** Bytes of all models whose size is known; one that is named twice counts once. */
  total: number
  /** Bytes that still have to come, as far as known. */
  missing: number
  /** Models whose size nobody knows. */
  unknown: number
}

/** How much the models of a version take, and how much of it is missing (R71). Nothing is fetched. */
export async function sizeModels(ctx: Ctx, selector: SpecSelector): Promise<ModelsSize> {
  const version = await versionModels(ctx, selector)
  const plan = await planModelSet(ctx, version)
  const reasons = [...plan.facts, ...version.unnamed].map((one) =>
    'reason' in one ? one.reason : one.problem,
  )
  const problems = await Promise.all(reasons.map((reason) => messageOf(ctx, reason)))
  const rows = [...plannedModels(plan), ...version.unnamed.map(unnamedModel)]
  const models = rows.map((model, index) => ({ ...model, problem: problems[index] ?? null }))
  const bySource = new Map(models.map(({ source, size }) => [source, size]))
  return {
    version_id: version.id,
    models_dir: version.roots.modelsDir,
    models,
    total: sum([...bySource.values()]),
    missing: sum(models.map(({ missing }) => missing)),
    unknown: models.filter(({ size }) => size === null).length,
  }
}

function sum(sizes: readonly (number | null)[]): number {
  return sizes.reduce<number>((total, size) => total + (size ?? 0), 0)
}
