/** Readers of JSON from ComfyUI and its packs: what has the wrong type counts as absent. */
export type JsonObject = Record<string, unknown>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectAt(value: JsonObject, key: string): JsonObject {
  const inner = Object.hasOwn(value, key) ? value[key] : undefined
  return isObject(inner) ? inner : {}
}

export function textAt(value: JsonObject, key: string): string | null {
  const inner = Object.hasOwn(value, key) ? value[key] : undefined
  return typeof inner === 'string' ? inner : null
}

export function numberAt(value: JsonObject, key: string): number | null {
  const inner = Object.hasOwn(value, key) ? value[key] : undefined
  return typeof inner === 'number' ? inner : null
}

export function listAt(value: JsonObject, key: string): unknown[] {
  const inner: unknown = Object.hasOwn(value, key) ? value[key] : undefined
  return Array.isArray(inner) ? inner : []
}

export function textsAt(value: JsonObject, key: string): string[] {
  return listAt(value, key).filter((item) => typeof item === 'string')
}

/** The object in a JSON text, or null for anything else. */
export function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null // not JSON: the caller says what it expected
  }
}
