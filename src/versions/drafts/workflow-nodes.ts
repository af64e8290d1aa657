import { ComfypinError, reasonOf } from '../../core/errors.ts'
import { isObject, listAt, numberAt, objectAt, textAt, type JsonObject } from '../../comfy/json.ts'

/** One node of a workflow, in either format. */
export interface UsedNode {
  id: string
  /** null for the instance of a subgraph, which has values and no class. */
  type: string | null
  /** Muted or bypassed, itself or around it. */
  isInactive: boolean
  properties: JsonObject
  values: NodeValue[]
}

export interface NodeValue {
  /** Name of the input, where the file tells. */
  name: string | null
  text: string
}

/**
 * Every node of a workflow, in UI or API format, those of subgraphs and group nodes too. Each
 * subgraph is looked at once, however often it is used.
 * @throws WORKFLOW_UNREADABLE
 */
export function readNodes(text: string, file: string): { nodes: UsedNode[]; root: JsonObject } {
  const document = parse(text, file)
  const root =
    isObject(document['prompt']) && !isNode(document['prompt']) ? document['prompt'] : document
  const nodes = Array.isArray(root['nodes']) ? uiNodes(root) : apiNodes(root)
  if (nodes.length === 0)
    throw new ComfypinError('WORKFLOW_UNREADABLE', { file, reason: 'it has no nodes' })
  return { nodes, root }
}

function parse(text: string, file: string): JsonObject {
  try {
    const document: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    if (isObject(document)) return document
  } catch (error) {
    throw new ComfypinError(
      'WORKFLOW_UNREADABLE',
      { file, reason: reasonOf(error) },
      { cause: error },
    )
  }
  throw new ComfypinError('WORKFLOW_UNREADABLE', { file, reason: 'it is not a JSON object' })
}

function isNode(value: JsonObject): boolean {
  return typeof value['class_type'] === 'string'
}

function apiNodes(graph: JsonObject): UsedNode[] {
  return Object.entries(graph).flatMap(([id, node]) => {
    if (!isObject(node) || !isNode(node)) return []
    const values = Object.entries(objectAt(node, 'inputs')).flatMap(([name, value]) => {
      // A list is a link to another node.
      return Array.isArray(value) ? [] : textsIn(value).map((text) => ({ name, text }))
    })
    const type = textAt(node, 'class_type')
    return [{ id, type, isInactive: false, properties: objectAt(node, 'properties'), values }]
  })
}

/** LiteGraph's modes of a node that does not run. */
const MUTED = 2
const BYPASSED = 4

function uiNodes(root: JsonObject): UsedNode[] {
  const definitions = definitionsOf(root)
  const groups = objectAt(objectAt(root, 'extra'), 'groupNodes')
  const found: UsedNode[] = []
  const visited = new Set<string>()
  const visit = (nodes: readonly unknown[], prefix: string, isOff: boolean): void => {
    for (const node of nodes) if (isObject(node)) look(node, prefix, isOff)
  }
  const look = (node: JsonObject, prefix: string, isOff: boolean): void => {
    const type = textAt(node, 'type') ?? ''
    const id = `${prefix}${numberAt(node, 'id') ?? textAt(node, 'id') ?? '?'}`
    const mode = numberAt(node, 'mode')
    const isInactive = isOff || mode === MUTED || mode === BYPASSED
    const group = /^workflow[>/](.+)$/.exec(type)?.[1]
    const inner =
      definitions.get(type) ?? (group === undefined ? undefined : groupOf(groups, group))
    const properties = objectAt(node, 'properties')
    const host = inner === undefined ? type : null
    found.push({ id, type: host, isInactive, properties, values: valuesOf(node) })
    const key = `${type} ${isInactive}`
    if (inner === undefined || visited.has(key)) return
    visited.add(key)
    visit(listAt(inner, 'nodes'), `${id}:`, isInactive)
  }
  visit(listAt(root, 'nodes'), '', false)
  return found
}

/** Definitions stand at the root; those of older files may be nested. */
function definitionsOf(root: JsonObject): Map<string, JsonObject> {
  const known = new Map<string, JsonObject>()
  const open: JsonObject[] = [root]
  for (let graph = open.pop(); graph !== undefined; graph = open.pop())
    for (const definition of listAt(objectAt(graph, 'definitions'), 'subgraphs')) {
      const id = isObject(definition) ? textAt(definition, 'id') : null
      if (!isObject(definition) || id === null || known.has(id)) continue
      known.set(id, definition)
      open.push(definition)
    }
  return known
}

function groupOf(groups: JsonObject, name: string): JsonObject | undefined {
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined
  return isObject(group) ? group : undefined
}

/** Positions tell names where the file lists the inputs that have a widget (comfyui.md F9.8). */
function valuesOf(node: JsonObject): NodeValue[] {
  const values = node['widgets_values']
  if (isObject(values))
    return Object.entries(values).flatMap(([name, value]) =>
      textsIn(value).map((text) => ({ name, text })),
    )
  const names = listAt(node, 'inputs').flatMap((input) => {
    const widget = isObject(input) ? textAt(objectAt(input, 'widget'), 'name') : null
    return widget === null ? [] : [widget]
  })
  return listAt(node, 'widgets_values').flatMap((value, at) =>
    textsIn(value).map((text) => ({ name: names[at] ?? null, text })),
  )
}

const MAX_DEPTH = 4

/** Packs keep lists and objects in a widget (`{on: true, lora: "…"}`). */
function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value]
  if (depth >= MAX_DEPTH || typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((inner) => textsIn(inner, depth + 1))
}
