import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ComfypinError } from '../core/errors.ts'

const ANSWER_BYTES = 1 << 20

/** Answers to PING and INFO, or the reason why there are none. */
export type RedisAnswer = { facts: ReadonlyMap<string, string> } | { refusal: string }

/**
 * Log in, PING and INFO over a socket: a whole client is not needed for a question.
 * @param address `redis://[user:password@]host[:port][/db]`, `rediss://` for TLS
 * @throws what the connection throws; Error when the answer is no Redis's
 */
export async function askRedis(address: URL, signal: AbortSignal): Promise<RedisAnswer> {
  const text = await exchange(address, requestOf(address), signal)
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
function exchange(address: URL, request: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = open(address)
    let text = ''
    const onAbort = () => socket.destroy(new ComfypinError('INTERRUPTED', {}))
    signal.addEventListener('abort', onAbort, { once: true })
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > ANSWER_BYTES) socket.destroy(new Error('its answer does not end'))
      // whoever refuses the login may keep the connection
      if (/^-(?:NOAUTH|WRONGPASS|ERR)/m.test(text)) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      signal.removeEventListener('abort', onAbort)
      resolve(text)
    })
    socket.write(request)
  })
}

function open({ protocol, hostname, port }: URL): Socket {
  const host = hostname.replace(/^\[|\]$/g, '') || '127.0.0.1'
  const at = { host, port: Number(port || 6379) }
  return protocol === 'rediss:' ? connectTls({ ...at, servername: host }) : connectTcp(at)
}
