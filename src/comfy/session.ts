import { randomUUID } from 'node:crypto'
import { createClient, type ComfyClient } from './client.ts'
import { createHttp } from './http.ts'
import type { PromptMessage } from './messages.ts'
import { openSocket, type ComfySocket } from './socket.ts'

/** One registered client of an instance; several jobs share it. */
export interface Session {
  readonly clientId: string
  readonly client: ComfyClient
  /** Hear the events of one prompt until the returned function is called. */
  readonly subscribe: (promptId: string, listener: (message: PromptMessage) => void) => () => void
  /** False when events have stopped coming: history has to be polled. */
  readonly live: () => boolean
}

export interface Sessions {
  readonly current: () => Promise<Session>
  readonly close: () => void
}

/**
 * The session of an instance: opened at the first call and again after a loss, each time with a new
 * client id. Under the old id ComfyUI would drop the new connection when the lost one finally closes
 * (comfyui.md C4.12); jobs that started under it poll.
 */
export function createSessions(url: string): Sessions {
  const http = createHttp(url)
  const client = createClient(http, url)
  let opened: Promise<OpenSession> | null = null
  return {
    current: async () => {
      const known = opened
      if (known !== null && (await known).live()) return known
      // of several callers that find it lost, the first opens the next one
      if (opened === null || opened === known) opened = openSession(url, client)
      return opened
    },
    close: () => {
      void opened?.then((session) => session.close())
      http.close()
    },
  }
}

interface OpenSession extends Session {
  readonly close: () => void
}

async function openSession(url: string, client: ComfyClient): Promise<OpenSession> {
  const clientId = randomUUID()
  const listeners = new Map<string, (message: PromptMessage) => void>()
  const socket: ComfySocket = await openSocket(url, clientId, (message) =>
    listeners.get(message.promptId)?.(message),
  )
  return {
    clientId,
    client,
    subscribe: (promptId, listener) => {
      listeners.set(promptId, listener)
      return () => listeners.delete(promptId)
    },
    live: socket.live,
    close: socket.close,
  }
}
