import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import type { Target } from '../../helpers/standin-core.ts'
import { pollHistory, queuePrompt } from './client.ts'
import { probe, saveEmptyImage, type Graph } from './graphs.ts'
import { hold } from './held-prompt.ts'
import { connect, type Socket } from './socket.ts'

/** Who gets which frames. */
export function describeWebSocket(target: () => Target): void {
  describe('a WebSocket', () => {
    test('gets the queue and its own id as the first message', async () => {
      const clientId = randomUUID()
      const socket = await connect(target(), clientId)
      const status = { exec_info: { queue_remaining: 0 } }
      expect(socket.messages[0]).toEqual({ type: 'status', data: { status, sid: clientId } })
      await socket.close()
    })

    test('without a client id is given one', async () => {
      const socket = await connect(target(), '')
      expect(socket.messages[0]?.data['sid']).toMatch(/^[0-9a-f]{32}$/)
      await socket.close()
    })

    test('is answered with the features of the server when it sends its own', async () => {
      const socket = await connect(target())
      socket.send({ type: 'feature_flags', data: { supports_preview_metadata: true } })
      const answer = await socket.until(({ type }) => type === 'feature_flags')
      expect(answer.data).toMatchObject({
        supports_preview_metadata: true,
        max_upload_size: 100 * 1024 * 1024,
      })
      await socket.close()
    })

    test('can negotiate features only in its first message', async () => {
      const socket = await connect(target())
      socket.send({ type: 'anything', data: {} })
      socket.send({ type: 'feature_flags', data: {} })
      await socket.flush()
      expect(socket.messages.map(({ type }) => type)).toEqual(['status'])
      await socket.close()
    })

    test('gets the events of its own prompts; of others only that the queue changed', async () => {
      const [owner, other] = [await connect(target()), await connect(target())]
      await run(target(), owner, saveEmptyImage('two-sockets'))
      await other.flush()
      expect(new Set(other.messages.map(({ type }) => type))).toEqual(new Set(['status']))
      expect(other.messages).toHaveLength(4)
      await Promise.all([owner.close(), other.close()])
    })

    test('gets the progress of prompts that nobody owns', async () => {
      const socket = await connect(target())
      const { prompt_id } = await queuePrompt(target(), saveEmptyImage('nobody'))
      await pollHistory(target(), prompt_id)
      await socket.flush()
      const types = new Set(socket.messages.map(({ type }) => type))
      expect(types).toEqual(new Set(['status', 'progress_state']))
      await socket.close()
    })

    test('that opens while a prompt of its client runs is told the running node', async () => {
      const held = await hold(target())
      const late = await connect(target(), held.socket.clientId)
      await late.flush()
      expect(late.messages[1]).toEqual({ type: 'executing', data: { node: '1' } })
      expect(await held.finish(late)).toBe('success')
    })

    test('gets progress with the node and the numbers', async () => {
      const socket = await connect(target())
      const promptId = await run(target(), socket, probe('ProbePreview', { text: randomUUID() }))
      const progress = socket.messages.find(({ type }) => type === 'progress')
      expect(progress?.data).toEqual({ value: 1, max: 4, prompt_id: promptId, node: '1' })
      const states = socket.messages.filter(({ type }) => type === 'progress_state')
      const state = { value: 1, max: 4, state: 'running', node_id: '1', display_node_id: '1' }
      const nodes = { '1': expect.objectContaining(state) }
      expect(states.map(({ data }) => data)).toContainEqual({ prompt_id: promptId, nodes })
      await socket.close()
    })

    test('gets previews as bare images when it did not negotiate', async () => {
      const socket = await connect(target())
      await run(target(), socket, probe('ProbePreview', { text: randomUUID() }))
      const [frame = Buffer.alloc(0)] = socket.frames
      expect([frame.readUInt32BE(0), frame.readUInt32BE(4)]).toEqual([1, 1])
      expect(frame.subarray(8, 11).toString('hex')).toBe(jpegStart)
      expect(socket.frames).toHaveLength(1)
      await socket.close()
    })

    test('gets previews with their node when it negotiated', async () => {
      const socket = await connect(target())
      socket.send({ type: 'feature_flags', data: { supports_preview_metadata: true } })
      await socket.until(({ type }) => type === 'feature_flags')
      const promptId = await run(target(), socket, probe('ProbePreview', { text: randomUUID() }))
      const [frame = Buffer.alloc(0)] = socket.frames
      const imageAt = 8 + frame.readUInt32BE(4)
      expect(frame.readUInt32BE(0)).toBe(4)
      expect(JSON.parse(frame.subarray(8, imageAt).toString())).toEqual({
        node_id: '1',
        prompt_id: promptId,
        display_node_id: '1',
        parent_node_id: null,
        real_node_id: '1',
        image_type: 'image/jpeg',
      })
      expect(frame.subarray(imageAt, imageAt + 3).toString('hex')).toBe(jpegStart)
      expect(socket.frames).toHaveLength(1)
      await socket.close()
    })

    test('goes deaf when an older socket of the same client id closes', async () => {
      const clientId = randomUUID()
      const older = await connect(target(), clientId)
      const newer = await connect(target(), clientId)
      await older.close()
      const other = await connect(target())
      await run(target(), other, saveEmptyImage('deaf'))
      await newer.flush()
      expect(newer.messages.filter(({ data }) => data['sid'] === undefined)).toEqual([])
      await Promise.all([newer.close(), other.close()])
    })

    test('is refused to pages of other sites', async () => {
      const url = `${target().baseUrl.replace('http', 'ws')}/ws`
      const socket = new WebSocket(url, { origin: 'http://elsewhere.example' })
      const [, response] = await once(socket, 'unexpected-response')
      expect(z.object({ statusCode: z.number() }).parse(response).statusCode).toBe(403)
    })
  })
}

const jpegStart = 'ffd8ff'

async function run(target: Target, socket: Socket, graph: Graph) {
  const { prompt_id } = await queuePrompt(target, graph, { clientId: socket.clientId })
  await socket.untilEnd(prompt_id)
  return prompt_id
}
