import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join, parse } from 'node:path'
import type { Workflow } from '../comfy/workflow.ts'
import type { Ctx } from '../core/context.ts'
import { statIfExists } from '../platform/files.ts'
import { hashFile } from '../platform/hash-file.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { runHandler, type HandlerResult } from '../run/run-handler.ts'
import { comparePixels, isTolerated, type Tolerance } from './baseline-compare.ts'
import { decodePng, encodePng, hashPixels, type Pixels } from './baseline-pixels.ts'
import { readBaseline, referencePath, writeBaseline, type BaselineFile } from './baseline.ts'
import type { Difference } from './repro-diff.ts'
import type { ReproResult } from './repro.ts'

export interface RegressionOptions {
  workflow: Workflow
  /** The baseline: read, or written when `record` is set. */
  baseline: string
  record: boolean
  tolerance: Tolerance
  /** Record pictures as files, metadata included. How a file was recorded is how it is compared. */
  bytes: boolean
  /** Extensions (`mp4`) of files that are left out. */
  ignore: readonly string[]
  timeoutMs: number | null
}

/**
 * Run a workflow and compare every output file with a baseline, or record one (R139). What counts
 * is content: pixels of PNG files, bytes of others; names, times and embedded prompts do not.
 * @throws BASELINE_MISSING, BASELINE_INVALID, PATH_UNSAFE, DISK_WRITE, and what a job throws
 */
export async function checkRegression(
  ctx: Ctx,
  selector: SpecSelector,
  options: RegressionOptions,
): Promise<ReproResult> {
  const known = options.record ? null : readBaseline(options.baseline)
  const scratch = mkdtempSync(join(tmpdir(), 'comfypin-repro-'))
  try {
    const result = await runHandler(ctx, selector, {
      workflow: options.workflow,
      outputDir: scratch,
      timeoutMs: options.timeoutMs,
      extraArgs: [],
    })
    const outputs = await readOutputs(ctx, result, options)
    const recorded = known?.files.filter(({ name }) => !isIgnored(name, options)) ?? null
    const differences =
      recorded === null
        ? await record(outputs, result.version_id, options)
        : await compareAll(recorded, outputs, options)
    return { version_id: result.version_id, compared: outputs.length, differences }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** One output file of this run. */
interface Output {
  facts: Omit<BaselineFile, 'reference'>
  /** The file's own hash, for comparisons by bytes. */
  bytesSha256: string
  pixels: Pixels | null
}

async function readOutputs(
  ctx: Ctx,
  { files }: HandlerResult,
  options: RegressionOptions,
): Promise<Output[]> {
  const counts = new Map<string, number>()
  const outputs: Output[] = []
  for (const { node_id: node, path, name } of files) {
    const number = counts.get(node) ?? 0
    counts.set(node, number + 1)
    if (!isIgnored(name, options))
      outputs.push(await readOutput(ctx, `${node}/${number}`, name, path, options.bytes))
  }
  return outputs
}

async function readOutput(
  ctx: Ctx,
  output: string,
  name: string,
  path: string,
  asBytes: boolean,
): Promise<Output> {
  const isPng = extname(path).toLowerCase() === '.png'
  const pixels = isPng ? await decodePng(readFileSync(path)) : null
  const bytesSha256 = await hashFile(ctx, path, 'sha256')
  const common = { output, name, size: statSync(path).size }
  if (pixels === null || asBytes) {
    const facts = { ...common, kind: 'bytes' as const, sha256: bytesSha256 }
    return { bytesSha256, pixels, facts: { ...facts, width: null, height: null } }
  }
  const { width, height } = pixels
  const facts = { ...common, kind: 'pixels' as const, sha256: hashPixels(pixels), width, height }
  return { bytesSha256, pixels, facts }
}

function isIgnored(name: string, { ignore }: RegressionOptions): boolean {
  return ignore.includes(extname(name).slice(1).toLowerCase())
}

async function record(
  outputs: readonly Output[],
  id: string,
  { baseline: file }: RegressionOptions,
): Promise<Difference[]> {
  const references = new Map<string, Uint8Array>()
  const files: BaselineFile[] = []
  for (const { facts, pixels } of outputs) {
    const isPicture = facts.kind === 'pixels' && pixels !== null
    const reference = isPicture ? referenceName(file, facts.output) : null
    if (isPicture && reference !== null) references.set(reference, await encodePng(pixels))
    files.push({ ...facts, reference })
  }
  writeBaseline(file, { schema: 1, version_id: id, files }, references)
  return []
}

/** Node ids are free text; the hash keeps two apart that look alike. */
function referenceName(file: string, output: string): string {
  const hash = createHash('sha256').update(output).digest('hex').slice(0, 8)
  return `${parse(file).name}.${output.replaceAll(/[^\w.-]+/g, '-')}-${hash}.png`
}

async function compareAll(
  recorded: readonly BaselineFile[],
  outputs: readonly Output[],
  options: RegressionOptions,
): Promise<Difference[]> {
  const made = new Map(outputs.map((output) => [output.facts.output, output]))
  const known = new Set(recorded.map(({ output }) => output))
  const differences: Difference[] = []
  for (const before of recorded) {
    const now = made.get(before.output)
    const to = now === undefined ? null : await whatDiffers(before, now, options)
    if (to !== 'same') differences.push({ subject: subjectOf(before), from: describe(before), to })
  }
  const added = outputs.filter(({ facts }) => !known.has(facts.output))
  return [
    ...differences,
    ...added.map(({ facts }) => ({ subject: subjectOf(facts), from: null, to: describe(facts) })),
  ]
}

/** `same`, or what the file is now. */
async function whatDiffers(
  before: BaselineFile,
  now: Output,
  { baseline, tolerance }: RegressionOptions,
): Promise<string> {
  if (before.kind === 'bytes') {
    if (now.bytesSha256 === before.sha256) return 'same'
    return describe({ ...now.facts, kind: 'bytes', sha256: now.bytesSha256 })
  }
  const { pixels } = now
  if (pixels === null) return describe(now.facts)
  const sha256 = hashPixels(pixels)
  if (sha256 === before.sha256) return 'same'
  const { width, height } = pixels
  const shown = describe({ ...now.facts, kind: 'pixels', sha256, width, height })
  const reference = await readReference(baseline, before)
  if (reference?.width !== width || reference.height !== height) return shown
  const difference = await comparePixels(reference, pixels)
  if (isTolerated(difference, tolerance)) return 'same'
  return `${shown}, channels ±${difference.channel}, ${difference.share.toFixed(2)} % of pixels`
}

/** null when it is gone or not the recorded one: then only the hash counts. */
async function readReference(file: string, before: BaselineFile): Promise<Pixels | null> {
  if (before.reference === null) return null
  const path = referencePath(file, before.reference)
  if (statIfExists(path) === null) return null
  const pixels = await decodePng(readFileSync(path))
  return pixels !== null && hashPixels(pixels) === before.sha256 ? pixels : null
}

function subjectOf({ output, name }: Pick<BaselineFile, 'output' | 'name'>): string {
  return `node ${output} (${name})`
}

function describe({ kind, sha256, size, width, height }: Omit<BaselineFile, 'reference'>): string {
  const extent = kind === 'pixels' ? `${width}x${height}` : `${size} B`
  return `${kind} ${extent} sha256:${sha256}`
}
