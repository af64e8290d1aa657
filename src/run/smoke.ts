import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Workflow, WorkflowNode } from '../comfy/workflow.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { runJob } from '../jobs/run-job.ts'
import { createLocalFolder } from '../outputs/local-folder.ts'
import { settleHome } from '../realize/late-writes.ts'
import type { Marker } from '../realize/marker.ts'
import { tellFewerNodes } from '../realize/node-count.ts'
import { nodesByPack } from '../realize/observe-start.ts'
import { readPackRecord } from '../realize/pack-record.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { readyVersion, type ReadyVersion } from './ready-version.ts'
import { startVersion } from './start-version.ts'

export interface SmokeResult {
  version_id: string
  /** Which workflow was run: a built-in one's name, or `given`. */
  workflow: string
  artifacts: number
  node_classes: number
  ms: number
}

/**
 * Start a version and run a workflow that it can certainly do: the given one, else the first
 * built-in one whose node classes it has (R100).
 */
export async function smokeTest(
  ctx: Ctx,
  selector: SpecSelector,
  given: Workflow | null,
): Promise<SmokeResult> {
  const startedAt = ctx.clock.now()
  const version = await readyVersion(ctx, selector)
  const scratch = mkdtempSync(join(tmpdir(), 'comfypin-smoke-'))
  try {
    return await runIn(ctx, scratch, version, given, startedAt)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** A test leaves nothing among the user's pictures. */
async function runIn(
  ctx: Ctx,
  scratch: string,
  version: ReadyVersion,
  given: Workflow | null,
  startedAt: number,
): Promise<SmokeResult> {
  const output = join(scratch, 'output')
  mkdirSync(output)
  const instance = await startVersion(ctx, version, { extraArgs: ['--output-directory', output] })
  try {
    const { client } = await instance.session()
    const info = await client.objectInfo()
    tellLostNodes(ctx, version.marker, info)
    const classes = Object.keys(info)
    const { name, workflow } =
      given === null ? chooseWorkflow(classes) : { name: 'given', workflow: given }
    const { artifacts } = await runJob(ctx, instance, {
      workflow,
      sink: createLocalFolder(join(scratch, 'artifacts')),
    })
    return {
      version_id: version.id,
      workflow: name,
      artifacts: artifacts.length,
      node_classes: classes.length,
      ms: ctx.clock.now() - startedAt,
    }
  } finally {
    await instance.stop()
    await settleHome(ctx, version.home)
  }
}

/** Packages may have moved since the import check saw the packs. */
function tellLostNodes(ctx: Ctx, { packs }: Marker, info: Readonly<Record<string, unknown>>): void {
  const now = nodesByPack(info)
  for (const { name, record } of packs) {
    const before = readPackRecord(record)
    if (before?.ok === true) tellFewerNodes(ctx, name, before.nodes, now.get(name) ?? [])
  }
}

interface BuiltIn {
  name: string
  workflow: Workflow
}

/** @throws SMOKE_NO_WORKFLOW */
function chooseWorkflow(classes: readonly string[]): BuiltIn {
  const known = new Set(classes)
  const fitting = builtIns().find(({ workflow }) =>
    Object.values(workflow).every(({ class_type }) => known.has(class_type)),
  )
  if (fitting === undefined) throw new ComfypinError('SMOKE_NO_WORKFLOW', {})
  return fitting
}

/** None needs a model. Best first: an image that is really written, then a text. */
function builtIns(): BuiltIn[] {
  const image = node('EmptyImage', { width: 64, height: 64, batch_size: 1, color: 0x336699 })
  return [
    {
      name: 'image',
      workflow: {
        1: image,
        2: node('SaveImage', { images: ['1', 0], filename_prefix: 'comfypin-smoke' }),
      },
    },
    { name: 'text', workflow: { 1: node('PreviewAny', { source: 'comfypin' }) } },
  ]
}

function node(classType: string, inputs: Record<string, unknown>): WorkflowNode {
  return { class_type: classType, inputs, _meta: { title: classType } }
}
