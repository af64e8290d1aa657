import { numberAt, objectAt, parseObject, textAt, textsAt } from './json.ts'

/** The WebSocket messages that a job follows (comfyui.md C3); everything else is not for it. */
export type PromptMessage =
  | { type: 'node'; promptId: string; node: string }
  /** Sent after history is written, for success, error and interrupt alike: the only true end (C4.1). */
  | { type: 'end'; promptId: string }
  | { type: 'progress'; promptId: string; node: string; value: number; max: number }
  | { type: 'cached'; promptId: string; nodes: string[] }

export function parseMessage(text: string): PromptMessage | null {
  const message = parseObject(text)
  if (message === null) return null
  const data = objectAt(message, 'data')
  const promptId = textAt(data, 'prompt_id')
  if (promptId === null) return null
  // nodes made at run time have ids that the workflow lacks; `display_node` is the one it has
  const node = textAt(data, 'display_node') ?? textAt(data, 'node')
  switch (textAt(message, 'type')) {
    case 'executing':
      return node === null ? { type: 'end', promptId } : { type: 'node', promptId, node }
    case 'progress': {
      const value = numberAt(data, 'value')
      const max = numberAt(data, 'max')
      if (node === null || value === null || max === null) return null
      return { type: 'progress', promptId, node, value, max }
    }
    case 'execution_cached':
      return { type: 'cached', promptId, nodes: textsAt(data, 'nodes') }
    default:
      return null
  }
}
