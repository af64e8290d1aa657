import type { Instance } from '../comfy/instance.ts'
import type { Workflow } from '../comfy/workflow.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import type { Artifact, Sink, StoredArtifact } from '../outputs/types.ts'
import { collectArtifacts } from './artifacts.ts'
import { runPrompt } from './run-prompt.ts'
import { requireSuccess } from './verdict.ts'

export interface JobRequest {
  workflow: Workflow
  /** Where the artifacts go; without one they stay in ComfyUI's folder. */
  sink?: Sink | null
  /** Default `settings.jobTimeoutMs`, counted from the submission. */
  timeoutMs?: number
  /** Run what validates and warn about the rest, instead of refusing the workflow. */
  allowPartial?: boolean
}

export interface JobResult {
  /** At least one: files that the workflow saved and texts that it shows. */
  artifacts: Artifact[]
  /** Files of ComfyUI's temp and input folders that nodes showed; they are not kept. */
  previews: Artifact[]
  /** The artifacts as the sink stored them, in the same order; empty without a sink. */
  stored: StoredArtifact[]
  ms: number
}

/**
 * Run a workflow on an instance and collect what it made.
 * @throws WORKFLOW_REFUSED, JOB_FAILED, JOB_TIMEOUT, JOB_INTERRUPTED, JOB_NO_ARTIFACTS,
 * JOB_ARTIFACT_MISSING, JOB_PROTOCOL, PATH_UNSAFE, INSTANCE_DIED, WORKER_DIED, INTERRUPTED, and what the sink throws
 */
export async function runJob(
  ctx: Ctx,
  instance: Instance,
  request: JobRequest,
): Promise<JobResult> {
  const startedAt = ctx.clock.now()
  const entry = await runPrompt(ctx, instance, {
    workflow: request.workflow,
    timeoutMs: request.timeoutMs ?? ctx.settings.jobTimeoutMs,
    allowPartial: request.allowPartial ?? false,
  })
  requireSuccess(entry)
  const made = collectArtifacts(entry, instance.folders)
  const artifacts = made.filter(({ type }) => type === 'output')
  if (artifacts.length === 0) throw new ComfypinError('JOB_NO_ARTIFACTS', {})
  const stored = request.sink ? await storeAll(ctx, request.sink, artifacts) : []
  const previews = made.filter(({ type }) => type !== 'output')
  return { artifacts, previews, stored, ms: ctx.clock.now() - startedAt }
}

/** One after the other: names are given in the workflow's order, and disks gain little from more. */
async function storeAll(ctx: Ctx, sink: Sink, artifacts: Artifact[]): Promise<StoredArtifact[]> {
  const stored: StoredArtifact[] = []
  for (const artifact of artifacts) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
    stored.push(await sink.store(ctx, artifact))
  }
  return stored
}
