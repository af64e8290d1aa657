import { findNodeAtLocation, parseTree, type Node } from './jsonc.ts'
import type { JsonPath } from './positions.ts'

/** One change of a spec's text. `append` adds to the list at `path`, which is made when it is missing. */
export type SpecEdit =
  | { kind: 'set' | 'append'; path: JsonPath; value: unknown }
  | { kind: 'remove'; path: JsonPath }

/**
 * Change values in the text of a spec and leave everything else as its author wrote it: order of
 * keys, spaces, line ends, lists on one line. Edits are applied one after another.
 * @param text valid JSON, an object
 */
export function editSpecText(text: string, edits: readonly SpecEdit[]): string {
  return edits.reduce(applyEdit, text)
}

function applyEdit(text: string, edit: SpecEdit): string {
  const root = parseTree(text)
  if (root === undefined) return text
  const node = findNodeAtLocation(root, [...edit.path])
  switch (edit.kind) {
    case 'remove':
      return node === undefined ? text : removeItem(text, itemOf(node))
    case 'set':
      return node === undefined
        ? addProperty(text, root, edit.path, edit.value)
        : replace(
            text,
            node,
            layOut(text, edit.value, indentAt(text, node.offset), isFlat(text, node)),
          )
    case 'append':
      return node?.type === 'array'
        ? insertLast(text, node, (indent, flat) => layOut(text, edit.value, indent, flat))
        : applyEdit(text, { kind: 'set', path: edit.path, value: [edit.value] })
  }
}

/** A property with its key, or an element: what a list or an object consists of. */
function itemOf(node: Node): Node {
  return node.parent?.type === 'property' ? node.parent : node
}

/** Of one that is first, the blanks before the next go along; of any other, the comma before it. */
function removeItem(text: string, item: Node): string {
  const siblings = item.parent?.children ?? []
  const at = siblings.indexOf(item)
  const [before, after] = [siblings[at - 1], siblings[at + 1]]
  if (before !== undefined) return cut(text, endOf(before), endOf(item))
  if (after !== undefined) return cut(text, item.offset, after.offset)
  const parent = item.parent
  return parent === undefined ? text : cut(text, parent.offset + 1, endOf(parent) - 1)
}

function addProperty(text: string, root: Node, path: JsonPath, value: unknown): string {
  const parent = path.length === 1 ? root : findNodeAtLocation(root, path.slice(0, -1))
  const key = JSON.stringify(path.at(-1))
  if (parent?.type === 'object')
    return insertLast(
      text,
      parent,
      (indent, flat) => `${key}: ${layOut(text, value, indent, flat)}`,
    )
  const inner = { [String(path.at(-1))]: value }
  return applyEdit(text, { kind: 'set', path: path.slice(0, -1), value: inner })
}

/** After the last item, laid out as that one is. */
function insertLast(
  text: string,
  parent: Node,
  render: (indent: string, flat: boolean) => string,
): string {
  const last = parent.children?.at(-1)
  const outer = indentAt(text, parent.offset)
  if (last === undefined) {
    const inner = outer + unitOf(text)
    const eol = eolOf(text)
    const body = `${eol}${inner}${render(inner, false)}${eol}${outer}`
    return splice(text, parent.offset + 1, endOf(parent) - 1, body)
  }
  const blank = /\s*$/.exec(text.slice(0, last.offset))?.[0] ?? ''
  const isOwnLine = blank.includes('\n')
  const indent = isOwnLine ? indentAt(text, last.offset) : outer
  const flat = !isOwnLine || isFlat(text, valueOf(last))
  const gap = isOwnLine ? blank.slice(blank.lastIndexOf('\n')).replace('\n', eolOf(text)) : ' '
  return splice(text, endOf(last), endOf(last), `,${gap}${render(indent, flat)}`)
}

function valueOf(item: Node): Node {
  return item.type === 'property' ? (item.children?.[1] ?? item) : item
}

/** True for an object or a list with content that stands on one line: others like it do too. */
function isFlat(text: string, node: Node): boolean {
  const hasItems = (node.children?.length ?? 0) > 0
  return hasItems && !text.slice(node.offset, endOf(node)).includes('\n')
}

function layOut(text: string, value: unknown, indent: string, flat: boolean): string {
  if (flat) return oneLine(value)
  const lines = JSON.stringify(value, null, unitOf(text)).split('\n')
  return lines.join(`${eolOf(text)}${indent}`)
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const pairs = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}: ${oneLine(inner)}`,
  )
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

/** Blanks at the start of the line that `offset` is in. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1)
  return /^[ \t]*/.exec(line)?.[0] ?? ''
}

/** One step of indentation, as the text has it already. */
function unitOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

function replace(text: string, node: Node, body: string): string {
  return splice(text, node.offset, endOf(node), body)
}

function cut(text: string, from: number, to: number): string {
  return splice(text, from, to, '')
}

function splice(text: string, from: number, to: number, body: string): string {
  return text.slice(0, from) + body + text.slice(to)
}

function endOf({ offset, length }: Node): number {
  return offset + length
}
