import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { readTrust } from '../platform/trust.ts'

const ANSWER_BYTES = 1 << 20
const PATIENCE_MS = 5_000

/** Answers to PING and INFO, or the reason why there are none. */
export type RedisAnswer = { facts: ReadonlyMap<string, string> } | { refusal: string }

/**
 * Log in, PING and INFO over a socket: a whole client is not needed for a question.
 * @param address `redis://[user:password@]host[:port][/db]`, `rediss://` for TLS
 * @throws what the connection throws; Error when the answer is no Redis's
 */
export async function askRedis(ctx: Ctx, address: URL): Promise<RedisAnswer> {
  const text = await exchange(open(ctx, address), requestOf(address), ctx.signal)
  const refusal = /^-(.*)\r$/m.exec(text)?.[1]
  if (refusal !== undefined) return { refusal }
  if (!text.includes('+PONG\r\n')) throw new Error('it does not answer as Redis does')
  const rows = text.split('\r\n').flatMap((line): [string, string][] => {
    const [, name, value] = /^([a-z_]+):(.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value]]
  })
  return { facts: new Map(rows) }
}

function requestOf(address: URL): string {
  const [user, password] = [address.username, address.password].map(decodeURIComponent)
  const db = address.pathname.slice(1)
  const login = user ? ['AUTH', user, password ?? ''] : ['AUTH', password ?? '']
  const commands = [
    ...(password ? [login] : []),
    ['PING'],
    ...(db === '' ? [] : [['SELECT', db]]),
    ['INFO'],
    ['QUIT'],
  ]
  return commands.map(encode).join('')
}

/** The protocol's own form: lengths in front, so that a password may hold anything. */
function encode(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  return `*${words.length}\r\n${parts.join('')}`
}

/** QUIT makes the server close, which ends the answer. */
function exchange(socket: Socket, request: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onAbort = () => socket.destroy(new ComfypinError('INTERRUPTED', {}))
    signal.addEventListener('abort', onAbort, { once: true })
    // a Redis without TLS waits for the end of what it takes for a command
    const seconds = PATIENCE_MS / 1000
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer for ${seconds} s`)),
      PATIENCE_MS,
    )
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > ANSWER_BYTES) socket.destroy(new Error('its answer does not end'))
      // whoever refuses the login may keep the connection
      if (/^-(?:NOAUTH|WRONGPASS|ERR)/m.test(text)) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      resolve(text)
    })
    socket.write(request)
  })
}

function open({ settings }: Ctx, { protocol, hostname, port }: URL): Socket {
  const host = hostname.replace(/^\[|\]$/g, '') || '127.0.0.1'
  const at = { host, port: Number(port || 6379) }
  if (protocol !== 'rediss:') return connectTcp(at)
  const secureContext = readTrust(settings.env)
  return connectTls({
    ...at,
    ...(isIP(host) === 0 ? { servername: host } : {}), // TLS knows no name that is an address
    ...(secureContext === undefined ? {} : { secureContext }),
  })
}
