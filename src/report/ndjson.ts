import type { Emit } from '../core/events.ts'
import { redactDeep } from '../core/redact.ts'

/** Every event as one JSON line, for programs. */
export function ndjsonReporter(write: (text: string) => void): Emit {
  return (event) => write(`${JSON.stringify(redactDeep(event))}\n`)
}
