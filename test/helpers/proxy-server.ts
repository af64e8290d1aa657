import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { listen } from './listen.ts'

export interface ProxyServer {
  /** `127.0.0.1:<port>` */
  readonly host: string
  /** What it was asked for, in order: `CONNECT host:port`, `GET http://…`, `SOCKS host:port`. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

/**
 * An HTTP proxy: relays plain requests and tunnels `CONNECT`.
 * @param login `user:password` that it insists on
 */
export async function startHttpProxy(login: string | null = null): Promise<ProxyServer> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const expected = login === null ? null : `Basic ${Buffer.from(login).toString('base64')}`
  const isAllowed = ({ headers }: IncomingMessage) =>
    expected === null || headers['proxy-authorization'] === expected
  const relay = (message: IncomingMessage, response: ServerResponse) => {
    asked.push(`GET ${message.url}`)
    if (!isAllowed(message)) return void response.writeHead(407).end()
    const { 'proxy-authorization': _mine, ...headers } = message.headers
    const onward = httpRequest(message.url ?? '', { headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    onward.end()
  }
  const server = createHttpServer(relay)
  server.on('connection', (socket) => keep(sockets, socket))
  server.on('connect', (message: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${message.url}`)
    if (!isAllowed(message)) return void socket.end('HTTP/1.1 407 Login Required\r\n\r\n')
    const { hostname, port } = new URL(`http://${message.url}`)
    const onward = connect(Number(port), hostname.replace(/^\[|\]$/g, ''), () => {
      socket.write('HTTP/1.1 200 Established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    keep(sockets, onward)
  })
  return proxyOn(server, asked, sockets)
}

/** A SOCKS5 proxy (RFC 1928) with an optional login (RFC 1929). */
export async function startSocksProxy(login: string | null = null): Promise<ProxyServer> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    keep(sockets, socket)
    greet(socket, login, asked, sockets).catch(() => socket.destroy())
  })
  return proxyOn(server, asked, sockets)
}

async function greet(
  socket: Socket,
  login: string | null,
  asked: string[],
  sockets: Set<Socket>,
): Promise<void> {
  await next(socket)
  socket.write(Buffer.from([5, login === null ? 0 : 2]))
  if (login !== null) {
    const [, length = 0, ...rest] = await next(socket)
    const user = Buffer.from(rest.slice(0, length)).toString()
    const password = Buffer.from(rest.slice(length + 1)).toString()
    const isRight = `${user}:${password}` === login
    socket.write(Buffer.from([1, isRight ? 0 : 1]))
    if (!isRight) return void socket.end()
  }
  const request = await next(socket)
  const { host, port } = destinationOf(request)
  asked.push(`SOCKS ${host}:${port}`)
  const onward = connect(port, host, () => {
    socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    socket.pipe(onward).pipe(socket)
  })
  keep(sockets, onward)
}

function destinationOf(request: Buffer): { host: string; port: number } {
  const port = request.readUInt16BE(request.length - 2)
  const address = request.subarray(4, -2)
  const host = request[3] === 3 ? address.subarray(1).toString() : [...address].join('.')
  return { host, port }
}

async function next(socket: Socket): Promise<Buffer> {
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  return chunk
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket)
  socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
}

async function proxyOn(
  server: ReturnType<typeof createServer>,
  asked: readonly string[],
  sockets: ReadonlySet<Socket>,
): Promise<ProxyServer> {
  return {
    host: `127.0.0.1:${await listen(server)}`,
    asked,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
