import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import type { ComfypinError } from '../core/errors.ts'
import { sweepParts } from '../download/sweep-parts.ts'
import { targetOf } from '../models/placement.ts'
import { checkSpace } from '../realize/space.ts'
import { isChange, type ModelStep } from '../realize/step.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import type { DraftNote } from '../spec/draft.ts'
import { bringModels } from './bring-models.ts'
import { looseModels, type LooseModelsRequest } from './loose-models.ts'
import { messageOf } from './message-of.ts'
import {
  plannedModels,
  planModelSet,
  unnamedModel,
  type ModelsPlan,
  type PlannedModel,
} from './models-plan.ts'
import { versionModels, type ModelSet } from './version-models.ts'

/** The models of a version, or models of files and arguments that need no version. */
export type PullRequest =
  | { readonly version: SpecSelector }
  | { readonly loose: LooseModelsRequest }

export interface PulledModel extends PlannedModel {
  /** What was done, or would have been done before it failed. */
  action: ModelStep['action']
  problem: string | null
}

export interface ModelsPull {
  /** null: models of files or arguments. */
  version_id: string | null
  models_dir: string
  dry_run: boolean
  changed: boolean
  models: PulledModel[]
  notes: readonly DraftNote[]
}

/**
 * Bring models into the store, and nothing else (R142). `--models-dir` decides where (R133); links
 * inside a home are made by realize. A model that cannot come is told in its row.
 * @throws DISK_FULL, DISK_WRITE, INTERRUPTED, ARGUMENT_INVALID, what `loadSpec` throws
 */
export async function pullModels(
  ctx: Ctx,
  request: PullRequest,
  { dryRun }: { dryRun: boolean },
): Promise<ModelsPull> {
  const { id, notes, ...set } = await requestedModels(ctx, request)
  const plan = await planModelSet(ctx, set)
  const failures = dryRun ? null : await bring(ctx, set, plan)
  return {
    version_id: id,
    models_dir: set.roots.modelsDir,
    dry_run: dryRun,
    changed: plan.steps.some(isChange),
    models: [
      ...(await Promise.all(rowsOf(ctx, plan, failures))),
      ...(await Promise.all(unnamedRows(ctx, set))),
    ],
    notes,
  }
}

type RequestedModels = ModelSet & { id: string | null; notes: readonly DraftNote[] }

async function requestedModels(ctx: Ctx, request: PullRequest): Promise<RequestedModels> {
  if ('loose' in request) return { ...(await looseModels(ctx, request.loose)), id: null }
  return { ...(await versionModels(ctx, request.version)), notes: [] }
}

async function bring(
  ctx: Ctx,
  set: ModelSet,
  { steps }: ModelsPlan,
): Promise<ReadonlyMap<string, ComfypinError>> {
  const { models, roots } = set
  sweepParts(
    ctx,
    models.map((model) => dirname(targetOf(roots, model))),
  )
  await checkSpace(ctx, roots, steps)
  warnOfMissing(ctx, set, steps)
  return bringModels(ctx, set, steps)
}

function warnOfMissing(ctx: Ctx, set: ModelSet, steps: readonly ModelStep[]): void {
  const missing = steps.filter(({ action }) => action === 'missing').map(({ path }) => path)
  const unnamed = set.offline ? set.unnamed.map((model) => unnamedModel(model).source) : []
  for (const name of [...missing, ...unnamed])
    ctx.emit({ type: 'warning', code: 'OFFLINE_MODEL_MISSING', params: { name } })
}

/** @param failures null: nothing was tried */
function rowsOf(
  ctx: Ctx,
  plan: ModelsPlan,
  failures: ReadonlyMap<string, ComfypinError> | null,
): Promise<PulledModel>[] {
  return plannedModels(plan).map(async (model, index): Promise<PulledModel> => {
    const { action = 'missing', id = '' } = plan.steps[index] ?? {}
    if (failures === null) return { ...model, action, problem: null }
    const problem = await messageOf(ctx, failures.get(id) ?? null)
    const isHere = action !== 'missing' && problem === null
    return { ...model, action, present: isHere, missing: isHere ? 0 : model.missing, problem }
  })
}

function unnamedRows(ctx: Ctx, { unnamed }: ModelSet): Promise<PulledModel>[] {
  return unnamed.map(async (model): Promise<PulledModel> => ({
    ...unnamedModel(model),
    action: 'missing',
    problem: await messageOf(ctx, model.reason),
  }))
}
