import type { IncomingMessage } from 'node:http'
import { silence, UrlError } from './url-error.ts'

/** The server is asked to wait when this much has arrived and is not taken yet. */
const HELD_BYTES = 1 << 20

/** The body of an answer, collected from the moment the answer is there. */
export interface AnswerBody {
  /**
   * Its bytes, once. Only waiting for the server counts as silence, not what the caller does
   * meanwhile.
   * @param idleMs silence that ends the body with `ETIMEDOUT`
   */
  chunks(idleMs: number): AsyncGenerator<Buffer>
  /** Want no more of it. */
  discard(): void
}

/**
 * Take over the body of a message that has just arrived. Everything that came before a connection
 * broke is given out before the failure is thrown: a stream's own iterator drops it, so a link that
 * breaks often would never get further.
 */
export function takeBody(message: IncomingMessage): AnswerBody {
  const arrived: Buffer[] = []
  const state = { held: 0, end: null as Error | 'whole' | null, wake: () => {} }
  const finish = (end: Error | 'whole') => {
    state.end ??= end
    state.wake()
  }
  message.on('data', (chunk: Buffer) => {
    arrived.push(chunk)
    state.held += chunk.length
    if (state.held > HELD_BYTES) message.pause()
    state.wake()
  })
  message.on('end', () => finish('whole'))
  message.on('error', finish)
  message.on('close', () => finish(new UrlError('ECLOSED', 'the connection was closed')))

  /** `destroy` makes the message emit the error that then wakes the reader. */
  const news = async (idleMs: number) => {
    message.resume()
    const timer = setTimeout(() => message.destroy(silence(idleMs)), idleMs)
    await new Promise<void>((resolve) => (state.wake = resolve))
    clearTimeout(timer)
  }
  async function* chunks(idleMs: number): AsyncGenerator<Buffer> {
    while (true) {
      const chunk = arrived.shift()
      if (chunk !== undefined) {
        state.held -= chunk.length
        yield chunk
      } else if (state.end === 'whole') return
      else if (state.end !== null) throw state.end
      else await news(idleMs)
    }
  }
  return { chunks, discard: () => void message.destroy() }
}
