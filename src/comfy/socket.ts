import type { WebSocket } from 'ws'
import { parseMessage, type PromptMessage } from './messages.ts'

export interface ComfySocket {
  /** False once the connection is lost; it is never opened again (see `session.ts`). */
  readonly live: () => boolean
  readonly close: () => void
}

const PING_MS = 15_000
const OPEN_MS = 10_000

/**
 * Follow the events of `clientId`'s prompts. Resolves when ComfyUI has registered the client, or
 * when it could not be reached: then `live()` is false and the caller polls.
 * Everything is read and previews are dropped, because one client that does not read stalls all
 * (comfyui.md C4.11).
 */
export async function openSocket(
  url: string,
  clientId: string,
  onMessage: (message: PromptMessage) => void,
): Promise<ComfySocket> {
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws?clientId=${clientId}`, {
    perMessageDeflate: false,
    handshakeTimeout: OPEN_MS,
  })
  let live = true
  socket.on('error', () => socket.terminate()) // `close` follows, and polling takes over
  socket.on('close', () => (live = false))
  socket.on('open', () => socket.send(FEATURES))
  const registered = firstMessage(socket)
  socket.on('message', (data, isBinary) => {
    if (isBinary || !Buffer.isBuffer(data)) return // text comes in one Buffer (ws: `nodebuffer`)
    const message = parseMessage(data.toString('utf8'))
    if (message !== null) onMessage(message)
  })
  keepAlive(socket)
  await registered
  return { live: () => live, close: () => socket.close() }
}

/** Must be the first message; without it previews come in an older form. */
const FEATURES = JSON.stringify({
  type: 'feature_flags',
  data: { supports_preview_metadata: true },
})

/** The server greets with `status` after it has stored the client: from then on no event is lost. */
function firstMessage(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), OPEN_MS)
    const settle = () => {
      clearTimeout(timer)
      resolve()
    }
    socket.once('message', settle)
    socket.once('close', settle)
  })
}

/** The server sends nothing while idle, so a dead connection shows only by a missing pong. */
function keepAlive(socket: WebSocket): void {
  let answered = true
  socket.on('pong', () => (answered = true))
  const timer = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    if (socket.readyState === socket.OPEN) socket.ping()
  }, PING_MS)
  timer.unref()
  socket.on('close', () => clearInterval(timer))
}
