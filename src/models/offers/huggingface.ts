import * as z from 'zod'
import type { Ctx } from '../../core/context.ts'
import type { HttpAgents } from '../../platform/open-url.ts'
import { parseJson } from '../../platform/read-json.ts'
import { ask, refusal, type Reply, type Subject } from '../ask.ts'
import { HUGGING_FACE } from '../sources/huggingface.ts'
import type { RemoteSource, SourceFacts } from '../types.ts'
import { unlessUnavailable } from './unless-unavailable.ts'

/** Of a thousand entries each; a folder with more files than this is not listed to its end. */
const MAX_PAGES = 20

const FINAL_CODES = new Set(['RepoNotFound', 'RevisionNotFound', 'GatedRepo'])

const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.int().nonnegative(),
    lfs: z.object({ oid: z.string(), size: z.int().nonnegative() }).optional(),
  }),
)

/**
 * Size and sha256 of a file on Hugging Face: its entry in `GET /api/models/<repo>/tree/<rev>/<dir>`,
 * whose `lfs.oid` is the sha256 of the content. Small files are kept by git and have no sha256.
 * @returns null when the mirror has no such listing, or the file is not in it: the download tells
 * @throws DOWNLOAD_HTTP when repository or revision are refused for a reason that is told,
 *   INTERRUPTED
 */
export async function huggingFaceFacts(
  ctx: Ctx,
  source: RemoteSource,
  agents: HttpAgents,
): Promise<SourceFacts | null> {
  const place = placeOf(ctx.settings.hfEndpoint, source)
  if (place === null) return null
  let url: string | null = place.listing
  for (let page = 0; url !== null && page < MAX_PAGES; page++) {
    const reply = await askListing(ctx, source, url, agents)
    const entries = reply?.status === 200 ? parseJson(reply.body, treeSchema) : null
    if (reply === null || entries === null) return null
    const entry = entries.find(({ type, path }) => type === 'file' && path === place.path)
    if (entry !== undefined) return factsOf(entry, source)
    url = nextPage(reply, place.listing)
  }
  return null
}

function placeOf(endpoint: string, { canonical }: RemoteSource) {
  const [, type = 'models', repo, revision, path] =
    /^(?:\/(datasets|spaces))?\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/([^?]+)$/.exec(
      canonical.slice(HUGGING_FACE.length),
    ) ?? []
  if (repo === undefined || revision === undefined || path === undefined) return null
  const folder = path.includes('/') ? `/${path.slice(0, path.lastIndexOf('/'))}` : ''
  return {
    listing: `${endpoint}/api/${type}/${repo}/tree/${revision}${folder}`,
    path: path.split('/').map(decodeURIComponent).join('/'),
  }
}

async function askListing(
  ctx: Ctx,
  source: RemoteSource,
  url: string,
  agents: HttpAgents,
): Promise<Reply | null> {
  const subject: Subject = { text: source.text, describe: source.hintFor }
  const question = { method: 'GET', url, headers: source.headers, wants: 'body' } as const
  const reply = await unlessUnavailable(ask(ctx, subject, question, agents))
  const code = reply?.headers['x-error-code']
  if (reply !== null && typeof code === 'string' && FINAL_CODES.has(code))
    throw refusal(subject, reply)
  return reply
}

/** Only on the host that the token is for. */
function nextPage({ headers }: Reply, listing: string): string | null {
  const link = headers['link']
  const [, next] = /<([^>]+)>;\s*rel="next"/.exec(typeof link === 'string' ? link : '') ?? []
  if (next === undefined || !URL.canParse(next, listing)) return null
  const url = new URL(next, listing)
  return url.origin === new URL(listing).origin ? url.href : null
}

function factsOf(
  { size, lfs }: z.infer<typeof treeSchema>[number],
  { fileName }: RemoteSource,
): SourceFacts {
  const hex = lfs?.oid.toLowerCase() ?? ''
  const isSha256 = /^[0-9a-f]{64}$/.test(hex)
  return {
    size: lfs?.size ?? size,
    fileName,
    checksum: isSha256 ? { algorithm: 'sha256', hex } : null,
  }
}
