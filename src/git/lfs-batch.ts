import * as z from 'zod'
import type { Ctx } from '../core/context.ts'
import { openUrl, type HttpAgents } from '../platform/open-url.ts'
import { authorization, helperAuthorization } from './credentials.ts'
import type { LfsPointer } from './lfs-pointers.ts'

/** Where one object can be fetched, or why not. */
export type LfsObject =
  | { url: string; headers: Readonly<Record<string, string>> }
  | { refused: string }

const MEDIA_TYPE = 'application/vnd.git-lfs+json'
/** An answer names each object in a few hundred bytes; the rest is somebody's joke. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

const answerSchema = z.object({
  transfer: z.string().nullish(),
  objects: z.array(
    z.object({
      oid: z.string(),
      actions: z
        .object({
          download: z
            .object({ href: z.string(), header: z.record(z.string(), z.string()).nullish() })
            .nullish(),
        })
        .nullish(),
      error: z.object({ message: z.string().nullish() }).nullish(),
    }),
  ),
})

/**
 * Ask an LFS server where objects are (batch API, transfer `basic`).
 * @param endpoint `…/info/lfs`, a login may be part of it
 * @returns by oid
 * @throws Error with a reason for people, what `openUrl` throws
 */
export async function askBatch(
  ctx: Ctx,
  endpoint: URL,
  pointers: readonly LfsPointer[],
  agents: HttpAgents,
): Promise<Map<string, LfsObject>> {
  const own = authorization(ctx, endpoint)
  let answer = await post(ctx, endpoint, pointers, agents, own)
  if (answer.status === 401 || answer.status === 403) {
    const login = await helperAuthorization(ctx, endpoint)
    if (login['authorization'] !== undefined)
      answer = await post(ctx, endpoint, pointers, agents, login)
  }
  if (answer.status !== 200) throw new Error(`${endpoint.host} answers ${answer.status}`)
  const parsed = answerSchema.safeParse(readJson(answer.text))
  if (!parsed.success) throw new Error(`${endpoint.host} is no LFS server`)
  if ((parsed.data.transfer ?? 'basic') !== 'basic')
    throw new Error(`${endpoint.host} wants transfer "${parsed.data.transfer}"`)
  return new Map(parsed.data.objects.map((object) => [object.oid, placeOf(object)]))
}

async function post(
  ctx: Ctx,
  endpoint: URL,
  pointers: readonly LfsPointer[],
  agents: HttpAgents,
  ownHeaders: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const { status, body } = await openUrl(ctx, {
    method: 'POST',
    url: `${endpoint.origin}${endpoint.pathname}/objects/batch`,
    headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, 'user-agent': 'git-lfs/comfypin' },
    ownHeaders,
    body: JSON.stringify({
      operation: 'download',
      transfers: ['basic'],
      hash_algo: 'sha256',
      objects: pointers.map(({ oid, sizeBytes }) => ({ oid, size: sizeBytes })),
    }),
    agents,
    idleMs: ctx.settings.gitTimeoutMs,
  })
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body.chunks(ctx.settings.gitTimeoutMs)) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new Error(`${endpoint.host} does not stop answering`)
    chunks.push(chunk)
  }
  return { status, text: Buffer.concat(chunks).toString('utf8') }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function placeOf(object: z.infer<typeof answerSchema>['objects'][number]): LfsObject {
  const download = object.actions?.download
  if (object.error?.message) return { refused: object.error.message }
  if (!download || !URL.canParse(download.href)) return { refused: 'the server does not have it' }
  return { url: download.href, headers: download.header ?? {} }
}
