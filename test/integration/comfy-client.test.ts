import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { createClient } from '../../src/comfy/client.ts'
import { createHttp } from '../../src/comfy/http.ts'
import { startInstance, type Instance } from '../../src/comfy/instance.ts'
import { createSessions } from '../../src/comfy/session.ts'
import { failureOf } from '../helpers/failure.ts'
import { until } from '../helpers/poll.ts'
import { makeProbeHome } from '../helpers/probe-home.ts'
import { whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

describe('on a running instance', () => {
  let instance: Instance
  beforeAll(async () => {
    const request = await makeProbeHome()
    instance = await startInstance(createTestCtx().ctx, request)
    return async () => {
      await instance.stop(0)
      rmSync(request.home, { recursive: true, force: true })
    }
  })

  test('an uploaded file is stored whole and can be viewed', async () => {
    const { client } = await instance.session()
    const data = Buffer.from([0, 255, 13, 10, 45, 45])
    const stored = await client.upload({ name: 'имя "1".bin', data, subfolder: 'job' })
    expect(stored).toEqual({ name: 'имя _1_.bin', subfolder: 'job', type: 'input' })
    expect(readFileSync(join(instance.folders.input, 'job', stored.name))).toEqual(data)
    const viewed = await fetch(client.viewUrl(stored))
    expect(Buffer.from(await viewed.arrayBuffer())).toEqual(data)
  })

  test('node classes are described, one or all', async () => {
    const { client } = await instance.session()
    expect(Object.keys(await client.objectInfo('SaveImage'))).toEqual(['SaveImage'])
    expect(await client.objectInfo('No/Such Class?')).toEqual({})
    expect(Object.keys(await client.objectInfo())).toContain('EmptyImage')
  })

  test('a prompt that is not finished has no history', async () => {
    const { client } = await instance.session()
    expect(await client.getHistory('00000000-0000-4000-8000-000000000000')).toBeNull()
  })

  test('callers share one session while it lives', async () => {
    const [one, other] = await Promise.all([instance.session(), instance.session()])
    expect(one).toBe(other)
  })
})

describe('answers that a ComfyUI does not give', () => {
  const submission = { workflow: {}, promptId: 'p', clientId: 'c' }

  test.each([
    ['500 in plain text', 500, '500 Internal Server Error\n\nServer got itself in trouble'],
    ['a page', 200, '<html>login</html>'],
    ['a list', 200, '[]'],
    ['a 400 of a proxy', 400, 'bad request'],
  ])('%s', async (_, status, body) => {
    const url = await serve((_request, response) => response.writeHead(status).end(body))
    const failure = await failureOf(clientFor(url).submitPrompt(submission))
    expect(failure).toMatchObject({ code: 'JOB_PROTOCOL' })
    expect(String(failure)).toContain(`POST /prompt: ${status} ${body.slice(0, 5)}`)
  })

  test('no answer at all', async () => {
    const url = await serve((request) => request.socket.destroy())
    expect(await failureOf(clientFor(url).getHistory('p'))).toMatchObject({ code: 'JOB_PROTOCOL' })
  })

  test('an answer that never ends is given up', async () => {
    const url = await serve((_request, response) => void response.write('{'))
    const http = createHttp(url)
    expect(await failureOf(http.send('/prompt', { timeoutMs: 50 }))).toMatchObject({
      code: 'JOB_PROTOCOL',
    })
    http.close()
  })
})

describe('the event connection', () => {
  test('names the client, says what it understands first, and ignores noise', async () => {
    const { url, connected } = await serveSockets()
    const opened = createSessions(url)
    const session = await opened.current()
    const { socket, path, greeting } = await connected
    expect(path).toBe(`/ws?clientId=${session.clientId}`)
    expect(JSON.parse(await greeting)).toMatchObject({ type: 'feature_flags' })

    const heard: unknown[] = []
    const arrived = new Promise<void>((resolve) => {
      session.subscribe('p', (message) => {
        heard.push(message)
        if (message.type === 'end') resolve()
      })
    })
    socket.send(Buffer.alloc(64)) // a preview
    socket.send('not json')
    socket.send(executing('other', '1'))
    socket.send(executing('p', '1'))
    socket.send(executing('p', null))
    await arrived
    expect(heard).toEqual([
      { type: 'node', promptId: 'p', node: '1' },
      { type: 'end', promptId: 'p' },
    ])
    opened.close()
  })

  test('is opened again under a new client id after a loss', async () => {
    const { url, server } = await serveSockets()
    const opened = createSessions(url)
    const first = await opened.current()
    expect(await opened.current()).toBe(first)
    for (const socket of server.clients) socket.close()
    await until(() => !first.live())
    const [second, same] = await Promise.all([opened.current(), opened.current()])
    expect(second.live()).toBe(true)
    expect(second.clientId).not.toBe(first.clientId)
    expect(same).toBe(second)
    opened.close()
  })

  test('that cannot be made leaves a session that polls', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end())
    const opened = createSessions(url)
    expect((await opened.current()).live()).toBe(false)
    opened.close()
  })
})

function clientFor(url: string) {
  const http = createHttp(url)
  whenOver(() => http.close())
  return createClient(http, url)
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  whenOver(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${portOf(server.address())}`
}

interface Connected {
  socket: WebSocket
  path: string
  /** The first message of the client. */
  greeting: Promise<string>
}

async function serveSockets() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const connected = new Promise<Connected>((resolve) =>
    server.on('connection', (socket, request) => {
      const greeting = once(socket, 'message').then(([data]) => String(data))
      socket.send(JSON.stringify({ type: 'status', data: { sid: 'x' } }))
      resolve({ socket, path: request.url ?? '', greeting })
    }),
  )
  await once(server, 'listening')
  whenOver(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return { server, connected, url: `http://127.0.0.1:${portOf(server.address())}` }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not a TCP address')
  return address.port
}

function executing(promptId: string, node: string | null): string {
  return JSON.stringify({ type: 'executing', data: { node, prompt_id: promptId } })
}
