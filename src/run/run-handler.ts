import { readFileSync } from 'node:fs'
import { parseWorkflow, type Workflow } from '../comfy/workflow.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { runJob, type JobResult } from '../jobs/run-job.ts'
import { createLocalFolder } from '../outputs/local-folder.ts'
import { settleHome } from '../realize/late-writes.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { readyVersion } from './ready-version.ts'
import { startVersion } from './start-version.ts'

export interface HandlerOptions {
  workflow: Workflow
  /** Folder for the artifacts. */
  outputDir: string
  timeoutMs: number | null
  extraArgs: readonly string[]
}

export interface HandlerResult {
  version_id: string
  output_mode: 'local'
  files: {
    path: string
    name: string
    node_id: string
    size: number
    mime: string
    sha256: string
  }[]
  texts: { node_id: string; text: string }[]
  /** Milliseconds of every phase. */
  timings: { realize: number; start: number; job: number }
}

/**
 * One workflow, from a spec to files in a folder (R103, R118–R125): realize if needed, start,
 * run, collect, stop. Whoever calls it looks after the home when the result is out (`settleHome`).
 */
export async function runHandler(
  ctx: Ctx,
  selector: SpecSelector,
  options: HandlerOptions,
): Promise<HandlerResult> {
  const sink = createLocalFolder(options.outputDir)
  await sink.check(ctx)
  const version = await readyVersion(ctx, selector)
  const startedAt = ctx.clock.now()
  const instance = await startVersion(ctx, version, { extraArgs: options.extraArgs })
  const start = ctx.clock.now() - startedAt
  let isDone = false
  try {
    const job = await runJob(ctx, instance, {
      workflow: options.workflow,
      sink,
      ...(options.timeoutMs === null ? {} : { timeoutMs: options.timeoutMs }),
    })
    isDone = true
    return {
      version_id: version.id,
      output_mode: 'local',
      ...describe(job),
      timings: { realize: version.ms, start, job: job.ms },
    }
  } finally {
    await instance.stop()
    // after a success the answer goes out first: see `afterwards` of the command
    if (!isDone) await settleHome(ctx, version.home)
  }
}

/** @throws WORKFLOW_UNREADABLE, WORKFLOW_UI_FORMAT */
export function readWorkflow(file: string): Workflow {
  try {
    return parseWorkflow(readFileSync(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof ComfypinError) throw error
    throw new ComfypinError(
      'WORKFLOW_UNREADABLE',
      { file, reason: reasonOf(error) },
      { cause: error },
    )
  }
}

function describe(job: JobResult): Pick<HandlerResult, 'files' | 'texts'> {
  return {
    files: job.stored.map(({ location, name, nodeId, size, mime, sha256 }) => ({
      path: location,
      name,
      node_id: nodeId,
      size,
      mime,
      sha256,
    })),
    texts: job.artifacts.flatMap((artifact) =>
      artifact.kind === 'text' ? [{ node_id: artifact.nodeId, text: artifact.text }] : [],
    ),
  }
}
