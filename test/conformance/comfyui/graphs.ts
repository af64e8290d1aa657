/** Small prompts in API format, made of nodes that every core has and of the probe pack. */
export interface GraphNode {
  class_type: string
  inputs: Record<string, unknown>
  _meta: { title: string }
}

export type Graph = Record<string, GraphNode>

export function node(classType: string, inputs: Record<string, unknown>): GraphNode {
  return { class_type: classType, inputs, _meta: { title: classType } }
}

let lastColor = 0

/** A color that no other prompt of this run uses, so that nothing is cached by accident. */
export function newColor(): number {
  lastColor += 1
  return lastColor
}

export interface EmptyImageOptions {
  color?: number
  width?: number
  height?: number
}

export function emptyImage(options: EmptyImageOptions = {}): GraphNode {
  const { color = newColor(), width = 64, height = 32 } = options
  return node('EmptyImage', { width, height, batch_size: 1, color })
}

/** EmptyImage "1" → SaveImage "2". */
export function saveEmptyImage(prefix: string, options: EmptyImageOptions = {}): Graph {
  return { '1': emptyImage(options), '2': saveImage(['1', 0], prefix) }
}

export function saveImage(images: unknown, prefix: string): GraphNode {
  return node('SaveImage', { images, filename_prefix: prefix })
}

/** The probe node of this class "1" → PreviewAny "2". */
export function probe(classType: string, inputs: Record<string, unknown>): Graph {
  return { '1': node(classType, inputs), '2': node('PreviewAny', { source: ['1', 0] }) }
}
