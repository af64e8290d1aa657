import type { Socket } from 'node:net'
import { decoded } from './proxy.ts'
import { UrlError } from './url-error.ts'

/**
 * Have a SOCKS proxy connect `socket`, which is connected to it, to a host. The proxy looks the name
 * up.
 * @throws UrlError when the proxy refuses
 */
export async function connectThroughSocks(
  socket: Socket,
  proxy: URL,
  destination: { host: string; port: number },
): Promise<void> {
  const { SocksClient } = await import('socks')
  try {
    await SocksClient.createConnection({
      command: 'connect',
      destination,
      existing_socket: socket,
      proxy: {
        host: proxy.hostname.replace(/^\[|\]$/g, ''),
        port: Number(proxy.port || 1080),
        type: proxy.protocol.startsWith('socks4') ? 4 : 5,
        userId: decoded(proxy.username),
        password: decoded(proxy.password),
      },
    })
  } catch (error) {
    socket.destroy()
    const reason = error instanceof Error ? error.message : 'it closed the connection'
    throw new UrlError('EPROXY', `the proxy ${proxy.host} refuses: ${reason}`, { cause: error })
  }
}
