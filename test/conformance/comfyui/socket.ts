import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { z } from 'zod'
import type { Target } from '../../helpers/standin-core.ts'
import {
  deadlineMs,
  historyOf,
  queuePrompt,
  type HistoryEntry,
  type PromptOptions,
} from './client.ts'
import type { Graph } from './graphs.ts'

const messageSchema = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) })
export type Message = z.infer<typeof messageSchema>

export interface Socket {
  clientId: string
  /** JSON messages in the order in which they arrived. */
  messages: Message[]
  /** Binary frames. */
  frames: Buffer[]
  /** The first message that matches, whether it came already or not. */
  until(matches: (message: Message) => boolean): Promise<Message>
  /** `executing` with node null: the prompt has ended and its history is written. */
  untilEnd(promptId: string): Promise<HistoryEntry>
  send(message: unknown): void
  /** Resolves when everything that the server had sent before has arrived. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Resolves after the first message, so that the server knows the client from then on. */
export async function connect(target: Target, clientId: string = randomUUID()): Promise<Socket> {
  const url = `${target.baseUrl.replace('http', 'ws')}/ws?clientId=${clientId}`
  const socket = new WebSocket(url)
  const messages: Message[] = []
  const frames: Buffer[] = []
  const arrived = new Set<() => void>()
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) frames.push(data)
    else messages.push(messageSchema.parse(JSON.parse(data.toString())))
    for (const check of arrived) check()
  })
  await once(socket, 'open')

  const until = (matches: (message: Message) => boolean) =>
    new Promise<Message>((resolve, reject) => {
      const giveUp = () => reject(new Error(`did not come; came: ${JSON.stringify(messages)}`))
      const timer = setTimeout(giveUp, deadlineMs)
      const check = () => {
        const found = messages.find(matches)
        if (found === undefined) return
        clearTimeout(timer)
        arrived.delete(check)
        resolve(found)
      }
      arrived.add(check)
      check()
    })
  await until((message) => message.type === 'status')

  return {
    clientId,
    messages,
    frames,
    until,
    untilEnd: async (promptId) => {
      await until(isEndOf(promptId))
      const entry = await historyOf(target, promptId)
      if (entry === undefined) throw new Error(`ended without history: ${promptId}`)
      return entry
    },
    send: (message) => socket.send(JSON.stringify(message)),
    flush: async () => {
      socket.ping()
      await once(socket, 'pong')
    },
    close: async () => {
      socket.close()
      await once(socket, 'close')
    },
  }
}

export function isEndOf(promptId: string): (message: Message) => boolean {
  return ({ type, data }) =>
    type === 'executing' && data['node'] === null && data['prompt_id'] === promptId
}

export interface Run {
  promptId: string
  messages: Message[]
  frames: Buffer[]
  history: HistoryEntry
}

/** One prompt with a socket of its own, from POST to history. */
export async function runPrompt(
  target: Target,
  graph: Graph,
  options: PromptOptions = {},
): Promise<Run> {
  const socket = await connect(target)
  const promptId = options.promptId ?? randomUUID()
  await queuePrompt(target, graph, { ...options, promptId, clientId: socket.clientId })
  const history = await socket.untilEnd(promptId)
  await socket.close()
  return { promptId, messages: socket.messages, frames: socket.frames, history }
}
