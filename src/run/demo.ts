import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import type { ComfypinEvent } from '../core/events.ts'
import { embedRepository } from '../git/embed.ts'
import { lstatIfExists, statIfExists, writeAtomic } from '../platform/files.ts'
import { packageRoot } from '../platform/package-root.ts'
import { readWorkflow, runHandler, type HandlerResult } from './run-handler.ts'

export interface DemoResult {
  dir: string
  /** `cold` is the first run in this folder; a folder that is there already starts warm. */
  runs: DemoRun[]
}

export interface DemoRun {
  /** Milliseconds by phase, in order; phases of realize overlap. */
  phases: Record<string, number>
  artifact: HandlerResult['files'][number]
}

const MARK = '.comfypin-demo'

/**
 * The main job on the embedded stand-in core: a spec becomes a lock, the lock a home, the home runs
 * a workflow, the artifact is on disk; then the same again, warm. Everything lies in `dir`.
 */
export async function runDemo(ctx: Ctx, dir: string, fresh: boolean): Promise<DemoResult> {
  claimFolder(dir, fresh)
  const inner: Ctx = {
    ...ctx,
    settings: {
      ...ctx.settings,
      cacheRoot: join(dir, 'cache'),
      versionsDir: join(dir, 'versions'),
      modelsDir: join(dir, 'models'),
      home: join(dir, 'home'),
    },
  }
  await writeVersion(inner, dir)
  return { dir, runs: [await runOnce(inner, dir), await runOnce(inner, dir)] }
}

/** @throws HOME_FOREIGN when the folder holds something else */
function claimFolder(dir: string, fresh: boolean): void {
  const found = statIfExists(dir)
  const used = found !== null && !(found.isDirectory() && readdirSync(dir).length === 0)
  const ours = lstatIfExists(join(dir, MARK)) !== null
  if (used && !ours) throw new ComfypinError('HOME_FOREIGN', { home: dir })
  if (fresh) rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  writeAtomic(join(dir, MARK), 'made by comfypin demo\n')
}

async function writeVersion(ctx: Ctx, dir: string): Promise<void> {
  const source = join(packageRoot(), 'demo')
  const [core, pack] = await Promise.all(
    ['core', 'pack'].map((name) =>
      embedRepository(
        ctx,
        join(source, name),
        join(dir, 'repos', name === 'pack' ? 'comfypin-demo-pack' : 'stand-in-core'),
      ),
    ),
  )
  const spec = {
    schema_version: 2,
    version_id: 'demo',
    comfy: { repo: '../repos/stand-in-core', commit: core },
    custom_nodes: [{ repo: '../repos/comfypin-demo-pack', commit: pack }],
    models: [
      {
        source: `file://${join(source, 'models', 'demo-noise.safetensors')}`,
        target_subdir: 'checkpoints',
      },
    ],
  }
  writeAtomic(join(dir, 'versions', 'demo.json'), `${JSON.stringify(spec, null, 2)}\n`)
}

async function runOnce(ctx: Ctx, dir: string): Promise<DemoRun> {
  const clock = createPhaseClock(ctx)
  const result = await runHandler(
    clock.ctx,
    { id: 'demo', path: null },
    {
      workflow: readWorkflow(join(packageRoot(), 'demo', 'workflow.json')),
      outputDir: join(dir, 'outputs'),
      timeoutMs: null,
      extraArgs: [],
    },
  )
  const [artifact] = result.files
  if (artifact === undefined) throw new ComfypinError('JOB_NO_ARTIFACTS', {})
  return { phases: { ...clock.phases(), ...result.timings }, artifact }
}

/** Wall time per kind of step: from its first start to its last end. */
function createPhaseClock(ctx: Ctx): { ctx: Ctx; phases(): Record<string, number> } {
  const spans = new Map<string, { from: number; to: number }>()
  const note = (event: ComfypinEvent) => {
    if (event.type !== 'step.start' && event.type !== 'step.end') return
    const now = ctx.clock.now()
    const span = spans.get(event.kind) ?? { from: now, to: now }
    spans.set(event.kind, { ...span, to: now })
  }
  return {
    ctx: {
      ...ctx,
      emit: (event) => {
        note(event)
        ctx.emit(event)
      },
    },
    phases: () => Object.fromEntries([...spans].map(([kind, { from, to }]) => [kind, to - from])),
  }
}
