import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { listen } from './listen.ts'
import { whenOver } from './temp.ts'

/** What goes wrong with a repository; several at once apply in this order. */
export interface GitFault {
  /** Before every answer. */
  latencyMs?: number
  /** Never answer; the connection stays open. */
  hang?: boolean
  /** Answer with this HTTP status and nothing else. */
  status?: number
  /** Send the client to the same path below this address. */
  redirectTo?: string
  /** Send the client to another repository of this server. */
  movedTo?: string
  /** Where objects of Git LFS are said to be, such as `https://store.example.org`. */
  lfsAt?: string
  /** Ask for HTTP basic authentication. */
  auth?: { user: string; password: string }
  /** Close the connection after so many bytes of the answer to a `fetch`. */
  dropAfterBytes?: number
}

export interface GitRequest {
  method: string
  path: string
  query: string
  /** The `Git-Protocol` header. */
  gitProtocol: string | null
  /** True when the request carries credentials. */
  authorization: boolean
  /** Command of protocol v2. */
  command: 'ls-refs' | 'fetch' | null
}

export interface GitServer {
  /** `http://127.0.0.1:<port>` */
  url: string
  /** Every request so far, in order of arrival. */
  requests: GitRequest[]
  /** Faults of the repository `owner/name.git`, or of all with `*`; they replace earlier ones. */
  setFault(repo: string, fault: GitFault): void
  clearFaults(): void
  /** Also happens by itself when the test is over. */
  stop(): Promise<void>
}

export interface GitServerOptions {
  /** Folder of the bare repositories. */
  root: string
  /** Objects of Git LFS by name; without it, the server has no LFS. May change at any time. */
  lfs?: ReadonlyMap<string, Buffer>
  faults?: Readonly<Record<string, GitFault>>
}

/** Serves the bare repositories below `root` through git's own `http-backend`. */
export async function startGitServer({
  root,
  lfs,
  faults = {},
}: GitServerOptions): Promise<GitServer> {
  const active = new Map(Object.entries(faults))
  const requests: GitRequest[] = []
  const server = createServer((request, response) => {
    answer(request, response, { root, lfs }, active, requests).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  const port = await listen(server)
  const stop = () => close(server)
  whenOver(stop)
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    setFault: (repo, fault) => void active.set(repo, fault),
    clearFaults: () => active.clear(),
    stop,
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { root, lfs }: Pick<GitServerOptions, 'root'> & { lfs: GitServerOptions['lfs'] | undefined },
  faults: ReadonlyMap<string, GitFault>,
  requests: GitRequest[],
): Promise<void> {
  const body = await buffer(request)
  const logged = describe(request, body)
  requests.push(logged)
  const fault = faults.get(repoOf(logged.path)) ?? faults.get('*') ?? {}
  if (fault.latencyMs !== undefined) await delay(fault.latencyMs)
  if (fault.hang === true) return
  if (fault.status !== undefined) return void response.writeHead(fault.status).end()
  if (fault.redirectTo !== undefined)
    return void response.writeHead(302, { location: fault.redirectTo + request.url }).end()
  if (fault.movedTo !== undefined) {
    const location = (request.url ?? '').replace(repoOf(logged.path), fault.movedTo)
    return void response.writeHead(301, { location }).end()
  }
  if (fault.auth !== undefined && request.headers.authorization !== basic(fault.auth))
    return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
  if (logged.path.includes('/info/lfs/'))
    return answerLfs(request, response, body, { lfs, at: fault.lfsAt })
  const limit = logged.command === 'fetch' ? fault.dropAfterBytes : undefined
  await runBackend(request, response, { root, logged, body, limit: limit ?? Infinity })
}

/** The batch API of Git LFS with its transfer `basic`; objects lie at `<repo>/info/lfs/<oid>`. */
function answerLfs(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { lfs: objects, at }: { lfs: GitServerOptions['lfs'] | undefined; at: string | undefined },
): void {
  const url = new URL(request.url ?? '/', at ?? `http://${request.headers.host}`)
  if (objects === undefined) return void response.writeHead(404).end()
  if (request.method === 'GET') {
    const object = objects.get(url.pathname.split('/').at(-1) ?? '')
    return void response.writeHead(object === undefined ? 404 : 200).end(object)
  }
  const wanted: { objects: { oid: string; size: number }[] } = JSON.parse(body.toString('utf8'))
  const answers = wanted.objects.map(({ oid, size }) => {
    if (!objects.has(oid))
      return { oid, size, error: { code: 404, message: 'Object does not exist' } }
    const href = url.href.replace('objects/batch', oid)
    return { oid, size, authenticated: true, actions: { download: { href, expires_in: 60 } } }
  })
  response.writeHead(200, { 'content-type': 'application/vnd.git-lfs+json' })
  response.end(JSON.stringify({ transfer: 'basic', objects: answers, hash_algo: 'sha256' }))
}

function describe(request: IncomingMessage, body: Buffer): GitRequest {
  const { pathname, search } = new URL(request.url ?? '/', 'http://git')
  const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
  return {
    method: request.method ?? 'GET',
    path: pathname,
    query: search.slice(1),
    gitProtocol: header(request, 'git-protocol'),
    authorization: request.headers.authorization !== undefined,
    command: commandOf(plain.toString('latin1', 0, 100)),
  }
}

function commandOf(body: string): GitRequest['command'] {
  if (body.includes('command=ls-refs')) return 'ls-refs'
  return body.includes('command=fetch') ? 'fetch' : null
}

interface Backend {
  root: string
  logged: GitRequest
  body: Buffer
  /** Bytes of the answer after which the connection is closed. */
  limit: number
}

/** One CGI call (RFC 3875): head lines, an empty line, the body. */
async function runBackend(
  request: IncomingMessage,
  response: ServerResponse,
  { root, logged, body, limit }: Backend,
): Promise<void> {
  const child = spawn('git', ['http-backend'], {
    env: cgiEnv(request, root, logged, body.length),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  response.on('close', () => child.kill())
  child.stdin.on('error', () => {}) // git may answer an error before it has read the request
  child.stdin.end(body)
  let head = Buffer.alloc(0)
  let sent = 0
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    let part = chunk
    if (!response.headersSent) {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) continue
      writeHead(response, head.toString('latin1', 0, end))
      part = head.subarray(end + 4)
    }
    response.write(part.subarray(0, limit - sent))
    sent += part.length
    if (sent >= limit) return void response.socket?.end()
  }
  response.end()
}

function cgiEnv(
  request: IncomingMessage,
  root: string,
  logged: GitRequest,
  length: number,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    GIT_CONFIG_NOSYSTEM: '1',
    // What the big hosts allow: any commit by its name, and partial clones.
    GIT_CONFIG_COUNT: '3',
    GIT_CONFIG_KEY_0: 'uploadpack.allowAnySHA1InWant',
    GIT_CONFIG_VALUE_0: 'true',
    GIT_CONFIG_KEY_1: 'uploadpack.allowFilter',
    GIT_CONFIG_VALUE_1: 'true',
    GIT_CONFIG_KEY_2: 'safe.directory',
    GIT_CONFIG_VALUE_2: '*',
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: logged.gitProtocol ?? '',
    REQUEST_METHOD: logged.method,
    PATH_INFO: decodeURIComponent(logged.path),
    QUERY_STRING: logged.query,
    CONTENT_TYPE: header(request, 'content-type') ?? '',
    CONTENT_LENGTH: String(length),
    HTTP_CONTENT_ENCODING: header(request, 'content-encoding') ?? '',
    REMOTE_ADDR: '127.0.0.1',
  }
}

function writeHead(response: ServerResponse, head: string): void {
  const lines = head.split('\r\n').map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const { status = '200', ...headers } = Object.fromEntries(lines)
  response.writeHead(Number.parseInt(status, 10), headers)
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' ? value : null
}

/** `/owner/name.git/info/refs` → `owner/name.git` */
function repoOf(path: string): string {
  return decodeURIComponent(
    path.slice(1).replace(/\/(info\/refs|git-upload-pack|info\/lfs\/.*)$/, ''),
  )
}

function basic({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = new Promise((resolve) => server.once('close', resolve))
  server.close()
  server.closeAllConnections()
  await closed
}
