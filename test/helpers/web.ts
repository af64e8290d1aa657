import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { selfSigned } from './self-signed.ts'
import { whenOver } from './temp.ts'

export interface WebRequest {
  host: string
  path: string
  authorization: string | null
}

export interface Web {
  /** Leads every request there and makes the certificate trusted, for Node and for git. */
  env: Record<string, string>
  requests: WebRequest[]
}

/**
 * The world's https hosts on this machine: a proxy that answers for each of the names, with what
 * the server behind it says. Other names are refused.
 * @param hosts name → address of a plain server
 */
export async function startWeb(hosts: Readonly<Record<string, string>>): Promise<Web> {
  const { key, cert, certFile } = await selfSigned(Object.keys(hosts))
  const requests: WebRequest[] = []
  const names = new WeakMap<Socket, string>()
  const sockets = new Set<Socket>()
  const server = createServer((message, response) => {
    const host = names.get(message.socket) ?? ''
    const { authorization = null } = message.headers
    requests.push({ host, path: message.url ?? '', authorization })
    forward(message, response, hosts[host] ?? '')
  })
  server.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
    const host = url.replace(/:443$/, '')
    if (!Object.hasOwn(hosts, host)) return void socket.end('HTTP/1.1 502 Unknown\r\n\r\n')
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.write('HTTP/1.1 200 Established\r\n\r\n')
    const secure = new TLSSocket(socket, { isServer: true, key, cert })
    secure.on('error', () => secure.destroy())
    names.set(secure, host)
    server.emit('connection', secure)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  whenOver(async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return {
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${port}`,
      SSL_CERT_FILE: certFile,
      GIT_SSL_CAINFO: certFile,
    },
    requests,
  }
}

/** The answer as it comes; a redirect keeps its address. */
function forward(message: IncomingMessage, response: ServerResponse, to: string): void {
  const { method = 'GET', headers, url = '/' } = message
  const onward = httpRequest(`${to}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  message.pipe(onward)
}
