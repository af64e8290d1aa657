import { createServer } from 'node:net'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'

/**
 * Below every system's range for outgoing connections (Linux from 32768, macOS and Windows from
 * 49152): a port from inside it can be lent to somebody between this check and ComfyUI's bind, and
 * a poll of a port that nobody listens on can even connect to itself.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 32_767
const TRIES = 50

/**
 * A port of `host` that nobody listens on.
 * @throws PORT_TAKEN when none was found
 */
export async function findFreePort(host: string): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1))
    if (await isFree(host, port)) return port
  }
  throw new ComfypinError('PORT_TAKEN', { port: `${FIRST_PORT}-${LAST_PORT}`, host })
}

/**
 * ComfyUI binds its port after all imports, so a taken one is better found before the start.
 * @throws PORT_TAKEN, and USAGE when this host or port cannot be bound at all
 */
export async function requireFreePort(host: string, port: number): Promise<void> {
  if (!(await isFree(host, port))) throw new ComfypinError('PORT_TAKEN', { port, host })
}

/** `--listen` takes several hosts; each is tried. */
async function isFree(host: string, port: number): Promise<boolean> {
  for (const one of host.split(',')) if (!(await canBind(one.trim(), port))) return false
  return true
}

function canBind(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if (systemCode(error) === 'EADDRINUSE') resolve(false)
      else
        reject(
          new ComfypinError(
            'HOST_INVALID',
            { host, port, reason: reasonOf(error) },
            { cause: error },
          ),
        )
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
