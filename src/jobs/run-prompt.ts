import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ComfyClient } from '../comfy/client.ts'
import type { HistoryEntry } from '../comfy/history.ts'
import type { Instance } from '../comfy/instance.ts'
import { logTail } from '../comfy/process.ts'
import { partialRefusal, type NodeProblem } from '../comfy/refusal.ts'
import type { Workflow } from '../comfy/workflow.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { followPrompt } from './follow-prompt.ts'
import { createGuard, type Guard } from './guard.ts'

export interface PromptRequest {
  workflow: Workflow
  timeoutMs: number
  /** Run what validates and warn about the rest, instead of refusing the workflow. */
  allowPartial: boolean
}

/** History is asked this often beside the events, which are lost with their connection. */
const POLL_MS = 1_000
const CANCEL_MS = 5_000
/** The server goes on taking prompts after its only worker has died (comfyui.md C4.10). */
const WORKER_DIED = /^Exception in thread .*\(prompt_worker\)/

/**
 * Run one prompt to its end and return ComfyUI's record of it. When it ends early, by time or by
 * `ctx.signal`, it is taken out of ComfyUI.
 * @throws WORKFLOW_REFUSED, JOB_TIMEOUT, JOB_INTERRUPTED, JOB_PROTOCOL, INSTANCE_DIED, INTERRUPTED
 */
export async function runPrompt(
  ctx: Ctx,
  instance: Instance,
  request: PromptRequest,
): Promise<HistoryEntry> {
  const guard = createGuard(ctx, instance, request.timeoutMs)
  try {
    const { client, clientId, subscribe } = await guard.race(instance.session())
    const promptId = randomUUID()
    const events = followPrompt(ctx, request.workflow, (hear) => subscribe(promptId, hear))
    const submission = { workflow: request.workflow, promptId, clientId }
    const submitted = client.submitPrompt(submission)
    try {
      const { promptId: id, problems } = await guard.race(submitted)
      acceptProblems(ctx, problems, request.allowPartial)
      return await guard.race(pollHistory(instance, client, id, events.ended, guard))
    } catch (error) {
      if (!instance.gone.aborted) await cancel(client, submitted)
      throw error
    } finally {
      events.stop()
    }
  } finally {
    guard.release()
  }
}

/** ComfyUI answers 200 and drops outputs that do not validate; a caller rarely wants that. */
function acceptProblems(ctx: Ctx, problems: readonly NodeProblem[], allowPartial: boolean): void {
  if (problems.length > 0 && !allowPartial) throw partialRefusal(problems)
  for (const { node, classType, message, details } of problems)
    ctx.emit({
      type: 'warning',
      code: 'JOB_PARTIAL_VALIDATION',
      params: { node, classType, reason: `${message} ${details}`.trim() },
    })
}

async function pollHistory(
  instance: Instance,
  client: ComfyClient,
  promptId: string,
  ended: Promise<void>,
  guard: Guard,
): Promise<HistoryEntry> {
  for (let hint: Promise<void>[] = [ended]; ; hint = []) {
    await Promise.race([...hint, delay(POLL_MS, undefined, { signal: guard.released })])
    const entry = await whenAnswered(look(instance, client, promptId))
    if (entry !== null) return entry
  }
}

/** A pack may hold Python's lock for minutes; a busy server is no failure while its process lives. */
async function whenAnswered<T>(question: Promise<T>): Promise<T | null> {
  try {
    return await question
  } catch (error) {
    if (hasCode(error, 'JOB_PROTOCOL') && error.cause !== undefined) return null
    throw error
  }
}

async function look(
  instance: Instance,
  client: ComfyClient,
  promptId: string,
): Promise<HistoryEntry | null> {
  const entry = await client.getHistory(promptId)
  if (entry !== null) return entry
  const { running, pending } = await client.getQueue()
  if (pending.includes(promptId) || running.includes(promptId)) {
    requireWorker(instance)
    return null
  }
  // it finished between the two questions, or somebody deleted it, and no event ever tells
  const late = await client.getHistory(promptId)
  if (late === null) throw new ComfypinError('JOB_INTERRUPTED', { node: '(queued)' })
  return late
}

function requireWorker(instance: Instance): void {
  if (!instance.log().some((line) => WORKER_DIED.test(line))) return
  throw new ComfypinError('WORKER_DIED', { log: logTail(instance) })
}

/** Nothing of a job goes on without it. Best effort: the caller hears why the job ended, not this. */
async function cancel(
  client: ComfyClient,
  submitted: Promise<{ promptId: string }>,
): Promise<void> {
  const work = submitted.then(({ promptId }) => client.interrupt(promptId))
  await Promise.race([
    work.catch(() => {}), // refused, or gone with its instance: nothing is left to cancel
    delay(CANCEL_MS, undefined, { ref: false }),
  ])
}
