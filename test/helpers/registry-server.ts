import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { listen } from './listen.ts'
import { whenOver } from './temp.ts'
import { zipOf } from './zip.ts'

type Status = 'Active' | 'Pending' | 'Flagged' | 'Banned' | 'Deleted'

export interface FakeVersion {
  status?: Status
  deprecated?: boolean
  /** The pack's files, or a whole archive. */
  files?: Readonly<Record<string, string>>
  zip?: Buffer
  /** Instead of the address on this server. */
  downloadUrl?: string
}

export interface FakePack {
  status?: 'Active' | 'Banned' | 'Deleted'
  versions: Record<string, FakeVersion>
}

export interface RegistryServer {
  /** For COMFYPIN_REGISTRY_ENDPOINT. */
  url: string
  /** `GET /nodes/x/versions`, in order of arrival. */
  requests: string[]
  /** May change at any time. */
  packs: Record<string, FakePack>
  /** Answer everything with this status. */
  fail(status: number | null): void
}

/**
 * A registry with the answers of api.comfy.org: lists of versions with every status, 403 for the
 * versions of a banned pack, 404 with `message` for what is not there; archives as on its CDN.
 */
export async function startRegistryServer(
  packs: Record<string, FakePack>,
): Promise<RegistryServer> {
  const state: { failure: number | null } = { failure: null }
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (state.failure !== null) return void response.writeHead(state.failure).end()
    answer(packs, request, response)
  })
  const port = await listen(server)
  whenOver(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    packs,
    fail: (status) => void (state.failure = status),
  }
}

function answer(
  packs: Record<string, FakePack>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
  const [area, id = '', part, version = ''] = url.pathname.slice(1).split('/')
  const pack = packs[id]
  if (area === 'cdn') return sendArchive(request, response, pack?.versions[part ?? ''])
  if (area !== 'nodes' || pack === undefined) return send(response, 404, notFound('Node'))
  if (part === undefined) return send(response, 200, describePack(id, pack))
  if (part !== 'versions') return send(response, 404, notFound('Route'))
  if (pack.status === 'Banned') return send(response, 403, { message: 'node is banned' })
  const all = Object.entries(pack.versions).map(([name, one]) =>
    describeVersion(url.origin, id, name, one),
  )
  const statuses = url.searchParams.getAll('statuses')
  if (version === '')
    return send(
      response,
      200,
      all.filter(({ status }) => statuses.length === 0 || statuses.includes(status)),
    )
  const one = all.find((entry) => entry.version === version)
  send(response, one === undefined ? 404 : 200, one ?? notFound('Node version'))
}

function describePack(id: string, { status = 'Active' }: FakePack) {
  return {
    id,
    name: id,
    author: '',
    category: '',
    description: 'A pack of the test',
    downloads: 7,
    license: '{"file": "LICENSE"}',
    publisher: { id: 'someone', name: 'Someone', status: 'PublisherStatusActive' },
    rating: 0,
    repository: `https://example.org/someone/${id}`,
    status: `NodeStatus${status}`,
    status_detail: '',
    tags: [],
  }
}

function describeVersion(origin: string, id: string, version: string, fake: FakeVersion) {
  const { status = 'Active', deprecated = false } = fake
  return {
    changelog: '',
    comfy_node_extract_status: 'success',
    createdAt: '2026-01-01T00:00:00.000000Z',
    dependencies: [],
    deprecated,
    downloadUrl: fake.downloadUrl ?? `${origin}/cdn/${id}/${version}/node.zip`,
    id: '00000000-0000-4000-8000-000000000000',
    node_id: id,
    status: `NodeVersionStatus${status}`,
    status_reason: '',
    supported_accelerators: null,
    supported_comfyui_frontend_version: '',
    supported_comfyui_version: '',
    supported_os: null,
    tags: null,
    version,
  }
}

function sendArchive(
  { method }: IncomingMessage,
  response: ServerResponse,
  version: FakeVersion | undefined,
): void {
  if (version === undefined) return void response.writeHead(404).end()
  const bytes = version.zip ?? zipOf(version.files ?? {})
  response.writeHead(200, { 'content-type': 'application/zip', 'content-length': bytes.length })
  response.end(method === 'HEAD' ? undefined : bytes)
}

function notFound(what: string) {
  return { error: '', message: `${what} not found` }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify(value))
}
