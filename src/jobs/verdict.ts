import { ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import type { HistoryEntry } from '../comfy/history.ts'
import { textAt, textsAt, type JsonObject } from '../comfy/json.ts'

/** Cause of JOB_FAILED: what Python said. */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure'
  readonly node: string
  readonly traceback: readonly string[]

  constructor(node: string, message: string, traceback: readonly string[]) {
    super(redact(message))
    this.node = node
    this.traceback = traceback.map(redact)
  }
}

/**
 * Throw when the prompt did not succeed, even if some of its nodes left outputs (R122).
 * History is the judge, not the events: an `execution_error` event of a blocked output is not in it,
 * because that prompt goes on to its success (comfyui.md C4.3).
 * @throws JOB_FAILED with a `NodeFailure` as its cause, JOB_INTERRUPTED, JOB_PROTOCOL
 */
export function requireSuccess(entry: HistoryEntry): void {
  const error = messageOf(entry, 'execution_error')
  if (error !== null) throw failureFrom(error)
  const interrupted = messageOf(entry, 'execution_interrupted')
  if (interrupted !== null)
    throw new ComfypinError('JOB_INTERRUPTED', { node: textAt(interrupted, 'node_id') ?? '?' })
  if (entry.status === 'error')
    throw new ComfypinError('JOB_PROTOCOL', { reason: 'the prompt failed without a message' })
}

function failureFrom(error: JsonObject): ComfypinError<'JOB_FAILED'> {
  const node = textAt(error, 'node_id') ?? '?'
  const message = (textAt(error, 'exception_message') ?? '').trim()
  return new ComfypinError(
    'JOB_FAILED',
    {
      node,
      classType: textAt(error, 'node_type') ?? '?',
      exception: textAt(error, 'exception_type') ?? 'Exception',
      message,
    },
    { cause: new NodeFailure(node, message, textsAt(error, 'traceback')) },
  )
}

function messageOf(entry: HistoryEntry, type: string): JsonObject | null {
  return entry.messages.find(([name]) => name === type)?.[1] ?? null
}
