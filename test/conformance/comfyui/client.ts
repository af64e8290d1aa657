import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { Target } from '../../helpers/standin-core.ts'
import type { Graph } from './graphs.ts'

/** For what must come: how long a test waits before it says what came instead. */
export const deadlineMs = 10_000

const fileSchema = z.object({ filename: z.string(), subfolder: z.string(), type: z.string() })
export type SavedFile = z.infer<typeof fileSchema>

const nodeOutputSchema = z.object({
  images: z.array(fileSchema).optional(),
  text: z.array(z.string()).optional(),
})

const historyEntrySchema = z.object({
  prompt: z.tuple([
    z.number(),
    z.string(),
    z.record(z.string(), z.looseObject({ inputs: z.record(z.string(), z.unknown()) })),
    z.record(z.string(), z.unknown()),
    z.array(z.string()),
  ]),
  outputs: z.record(z.string(), nodeOutputSchema),
  status: z.object({
    status_str: z.string(),
    completed: z.boolean(),
    messages: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())])),
  }),
  meta: z.record(z.string(), z.unknown()),
})
export type HistoryEntry = z.infer<typeof historyEntrySchema>

const problemSchema = z.object({
  type: z.string(),
  message: z.string(),
  details: z.string(),
  extra_info: z.record(z.string(), z.unknown()),
})

const nodeErrorsSchema = z.record(
  z.string(),
  z.object({
    errors: z.array(problemSchema),
    dependent_outputs: z.array(z.string()),
    class_type: z.string(),
  }),
)

const acceptedSchema = z.object({
  prompt_id: z.string(),
  number: z.number(),
  node_errors: nodeErrorsSchema,
})

const refusedSchema = z.object({ error: problemSchema, node_errors: nodeErrorsSchema })

const queueSchema = z.object({
  queue_running: z.array(z.array(z.unknown())),
  queue_pending: z.array(z.array(z.unknown())),
})

export async function getJson(target: Target, path: string): Promise<unknown> {
  const response = await fetch(target.baseUrl + path)
  if (!response.ok) throw new Error(`GET ${path}: ${response.status}`)
  return response.json()
}

export function post(target: Target, path: string, body: unknown): Promise<Response> {
  return fetch(target.baseUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** The version in /system_stats as one number to compare: 0.3.64 → 3064, 0.33.0 → 33000. */
export async function coreVersion(target: Target): Promise<number> {
  const schema = z.object({ system: z.object({ comfyui_version: z.string() }) })
  const { system } = schema.parse(await getJson(target, '/system_stats'))
  const [major = 0, minor = 0, patch = 0] = system.comfyui_version.split(/[.+]/).map(Number)
  return major * 1_000_000 + minor * 1000 + patch
}

export interface PromptOptions {
  clientId?: string
  promptId?: string
  front?: boolean
  extraData?: Record<string, unknown>
  targets?: readonly string[]
}

function promptBody(graph: Graph, options: PromptOptions): Record<string, unknown> {
  return {
    prompt: graph,
    client_id: options.clientId,
    prompt_id: options.promptId,
    front: options.front,
    extra_data: options.extraData,
    partial_execution_targets: options.targets,
  }
}

export async function queuePrompt(target: Target, graph: Graph, options: PromptOptions = {}) {
  const response = await post(target, '/prompt', promptBody(graph, options))
  const answer = await response.json()
  if (response.status !== 200) throw new Error(`refused: ${JSON.stringify(answer)}`)
  return acceptedSchema.parse(answer)
}

export async function refusedPrompt(target: Target, graph: Graph, options: PromptOptions = {}) {
  const response = await post(target, '/prompt', promptBody(graph, options))
  if (response.status !== 400) throw new Error(`expected 400, got ${response.status}`)
  return refusedSchema.parse(await response.json())
}

export async function queueState(target: Target) {
  const queue = queueSchema.parse(await getJson(target, '/queue'))
  const ids = (items: unknown[][]) => items.map((item) => item[1])
  return { running: ids(queue.queue_running), pending: ids(queue.queue_pending), ...queue }
}

export async function historyOf(
  target: Target,
  promptId: string,
): Promise<HistoryEntry | undefined> {
  const entries = z.record(z.string(), historyEntrySchema)
  return entries.parse(await getJson(target, `/history/${promptId}`))[promptId]
}

/** For prompts without a client id, of whose end no event tells. */
export async function pollHistory(target: Target, promptId: string): Promise<HistoryEntry> {
  const deadline = Date.now() + deadlineMs
  while (Date.now() < deadline) {
    const entry = await historyOf(target, promptId)
    if (entry !== undefined) return entry
    await delay(20)
  }
  throw new Error(`no history of ${promptId}`)
}

/** The files that a node of this run saved. */
export function savedFiles(run: { history: HistoryEntry }, nodeId: string): SavedFile[] {
  return run.history.outputs[nodeId]?.images ?? []
}

export function viewUrl(target: Target, file: SavedFile): string {
  return `${target.baseUrl}/view?${new URLSearchParams({ ...file }).toString()}`
}
