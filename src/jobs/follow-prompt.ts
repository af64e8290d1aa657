import type { PromptMessage } from '../comfy/messages.ts'
import type { Workflow } from '../comfy/workflow.ts'
import type { Ctx } from '../core/context.ts'
import type { ComfypinEvent } from '../core/events.ts'

export interface FollowedPrompt {
  /** Resolves when ComfyUI says that the prompt is over, however it went. */
  readonly ended: Promise<void>
  readonly stop: () => void
}

/** Turn the messages of one prompt into events of its job. */
export function followPrompt(
  ctx: Ctx,
  workflow: Workflow,
  subscribe: (hear: (message: PromptMessage) => void) => () => void,
): FollowedPrompt {
  const end = { resolve: () => {} }
  const ended = new Promise<void>((resolve) => (end.resolve = resolve))
  const stop = subscribe((message) => {
    if (message.type === 'end') end.resolve()
    else ctx.emit(toEvent(message, workflow))
  })
  return { ended, stop }
}

function toEvent(
  message: Exclude<PromptMessage, { type: 'end' }>,
  workflow: Workflow,
): ComfypinEvent {
  if (message.type === 'cached') return { type: 'job.cached', nodes: message.nodes }
  const { node } = message
  if (message.type === 'node') return { type: 'job.node', node, classType: classOf(workflow, node) }
  return { type: 'job.progress', node, value: message.value, max: message.max }
}

function classOf(workflow: Workflow, node: string): string | null {
  return Object.hasOwn(workflow, node) ? (workflow[node]?.class_type ?? null) : null
}
