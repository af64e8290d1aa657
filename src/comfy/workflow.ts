import { ComfypinError, reasonOf } from '../core/errors.ts'
import { isObject, objectAt, textAt, type JsonObject } from './json.ts'

/** A workflow in ComfyUI's API format: node id → node. */
export type Workflow = Readonly<Record<string, WorkflowNode>>

export interface WorkflowNode {
  class_type: string
  inputs: JsonObject
  /** ComfyUI 0.13 and newer answer 500 without it when a node has a replacement (comfyui.md C2). */
  _meta: JsonObject & { title: string }
}

/**
 * Read a workflow in API format, bare or as the `prompt` of a request body. `file` names it in messages.
 * @throws WORKFLOW_UI_FORMAT, WORKFLOW_UNREADABLE
 */
export function parseWorkflow(text: string, file: string): Workflow {
  const graph = unwrap(parseJson(text, file))
  if (!isObject(graph)) throw unreadable(file, 'it is not a JSON object')
  if (isUiFormat(graph)) throw new ComfypinError('WORKFLOW_UI_FORMAT', { file })
  const nodes = Object.entries(graph)
  if (nodes.length === 0) throw unreadable(file, 'it has no nodes')
  // fromEntries defines own properties, so a node called `__proto__` stays a node
  return Object.fromEntries(nodes.map(([id, node]) => [id, toNode(id, node, file)]))
}

function parseJson(text: string, file: string): unknown {
  if (/\.[cm]?[jt]s$/i.test(file))
    throw unreadable(file, 'it is a program; programs that make workflows are not run')
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw unreadable(file, reasonOf(error), error)
  }
}

/** `{ prompt: {…} }` is what `/prompt` takes and what logs and outputs carry. */
function unwrap(value: unknown): unknown {
  if (!isObject(value) || !Object.hasOwn(value, 'prompt')) return value
  const inner = value['prompt']
  return isObject(inner) && !Object.hasOwn(inner, 'class_type') ? inner : value
}

function isUiFormat(graph: JsonObject): boolean {
  return Array.isArray(graph['nodes']) && (Array.isArray(graph['links']) || 'version' in graph)
}

function toNode(id: string, node: unknown, file: string): WorkflowNode {
  const classType = isObject(node) ? textAt(node, 'class_type') : null
  if (!isObject(node) || classType === null)
    throw unreadable(file, `node "${id}" has no class_type`)
  const meta = objectAt(node, '_meta')
  const title = textAt(meta, 'title') ?? classType
  return {
    ...node,
    class_type: classType,
    inputs: objectAt(node, 'inputs'),
    _meta: { ...meta, title },
  }
}

function unreadable(
  file: string,
  reason: string,
  cause?: unknown,
): ComfypinError<'WORKFLOW_UNREADABLE'> {
  return new ComfypinError('WORKFLOW_UNREADABLE', { file, reason }, { cause })
}
