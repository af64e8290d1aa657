import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '../../helpers/standin-core.ts'
import { queuePrompt } from './client.ts'
import { probe, type Graph } from './graphs.ts'
import { connect, type Socket } from './socket.ts'

export interface HeldPrompt {
  promptId: string
  graph: Graph
  socket: Socket
  release(): Promise<void>
  /** Lets it run to its end, which `listener` hears of, closes the sockets and tells the status. */
  finish(listener?: Socket): Promise<string>
}

/** A prompt that has started its first node and stays in it until it is released. */
export async function hold(target: Target, classType = 'ProbeHold'): Promise<HeldPrompt> {
  const gate = join(target.homeDir, `gate-${randomUUID()}`)
  const graph = probe(classType, { gate })
  const socket = await connect(target)
  const { prompt_id: promptId } = await queuePrompt(target, graph, owner(socket))
  await socket.until(({ type, data }) => type === 'executing' && data['prompt_id'] === promptId)
  const release = () => writeFile(gate, '')
  const finish = async (listener: Socket = socket) => {
    await release()
    const history = await listener.untilEnd(promptId)
    await listener.close()
    if (listener !== socket) await socket.close()
    return history.status.status_str
  }
  return { promptId, graph, socket, release, finish }
}

export function owner(socket: Socket): { clientId: string } {
  return { clientId: socket.clientId }
}
