import { isObject, listAt, objectAt, textAt, type JsonObject } from './json.ts'

/** ComfyUI's record of a finished prompt (comfyui.md C5). */
export interface HistoryEntry {
  /** Per node: what it shows, such as `{ images: [{ filename, subfolder, type }] }`. */
  outputs: [node: string, output: JsonObject][]
  /** `success` or `error`; null from cores that do not say. */
  status: string | null
  /** The events that ComfyUI keeps: `execution_start`, `execution_error`, … */
  messages: [type: string, data: JsonObject][]
}

/** The entry of one prompt in the answer of `/history/{id}`; null while it is not finished. */
export function historyEntry(body: JsonObject, promptId: string): HistoryEntry | null {
  if (!Object.hasOwn(body, promptId)) return null
  const entry = objectAt(body, promptId)
  const status = objectAt(entry, 'status')
  return {
    outputs: Object.entries(objectAt(entry, 'outputs')).flatMap(([node, output]) =>
      isObject(output) ? [[node, output]] : [],
    ),
    status: textAt(status, 'status_str'),
    messages: listAt(status, 'messages').flatMap((message) => {
      if (!Array.isArray(message)) return []
      const type: unknown = message[0]
      const data: unknown = message[1]
      return typeof type === 'string' && isObject(data) ? [[type, data]] : []
    }),
  }
}
