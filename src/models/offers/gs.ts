import * as z from 'zod'
import type { Ctx } from '../../core/context.ts'
import { ComfypinError } from '../../core/errors.ts'
import { gsToken, type GsIdentity } from '../../platform/gs-token.ts'
import type { Digest } from '../../platform/hash-file.ts'
import type { HttpAgents } from '../../platform/open-url.ts'
import { parseJson } from '../../platform/read-json.ts'
import { ask, refusal, type Reply, type Subject } from '../ask.ts'
import { bucketHint } from '../sources/hints.ts'
import type { BucketSource, FileUrl, Offer } from '../types.ts'

/** The JSON interface writes 64-bit numbers as texts. */
const objectSchema = z.object({
  size: z.string().regex(/^\d{1,15}$/),
  generation: z.string().regex(/^\d+$/),
  md5Hash: z.string().optional(),
  crc32c: z.string().optional(),
})

type Identity = GsIdentity | 'none'

/**
 * Ask for an object of Google Cloud Storage (`objects.get` of its JSON interface). With credentials in
 * the settings those ask; else nobody in particular, and where that is refused what the machine
 * offers. The address names the generation that was seen, so a change in between is no mixture.
 * @throws DOWNLOAD_HTTP, DOWNLOAD_FAILED, STORE_CREDENTIALS, INTERRUPTED
 */
export async function gsOffer(ctx: Ctx, source: BucketSource, agents: HttpAgents): Promise<Offer> {
  let last: { reply: Reply; identity: Identity } | null = null
  for (const identity of identitiesOf(ctx)) {
    const headers = await headersOf(ctx, identity)
    if (headers === null) continue
    const reply = await askAs(ctx, source, identity, headers, agents)
    if (reply.status === 200) return offer(ctx, source, identity, headers, reply)
    last = { reply, identity }
    if (![401, 403].includes(reply.status)) break
  }
  throw refusal(subjectOf(ctx, source, last?.identity), last?.reply ?? NO_REPLY)
}

const NO_REPLY: Reply = { status: 401, headers: {}, body: '' }

function identitiesOf({ settings: { gs } }: Ctx): Identity[] {
  if (gs.isEmulator) return ['none']
  return gs.credentials === null ? ['none', 'ambient'] : ['keys']
}

async function headersOf(ctx: Ctx, identity: Identity): Promise<FileUrl['headers'] | null> {
  if (identity === 'none') return {}
  const token = await gsToken(ctx, identity)
  return token === null ? null : { authorization: `Bearer ${token}` }
}

function askAs(
  ctx: Ctx,
  source: BucketSource,
  identity: Identity,
  headers: FileUrl['headers'],
  agents: HttpAgents,
): Promise<Reply> {
  const url = objectUrl(ctx, source, {
    fields: 'size,generation,md5Hash,crc32c',
    ...(source.revision === null ? {} : { generation: source.revision }),
  })
  const question = { method: 'GET', url, headers, wants: 'body' } as const
  return ask(ctx, subjectOf(ctx, source, identity), question, agents)
}

function objectUrl(
  { settings }: Ctx,
  { bucket, object }: BucketSource,
  query: Readonly<Record<string, string>>,
): string {
  const name = encodeURIComponent(object)
  const parameters = new URLSearchParams(query).toString()
  return `${settings.gs.endpoint}/storage/v1/b/${bucket}/o/${name}?${parameters}`
}

function offer(
  ctx: Ctx,
  source: BucketSource,
  identity: Identity,
  headers: FileUrl['headers'],
  { body }: Reply,
): Offer {
  const facts = parseJson(body, objectSchema)
  if (facts === null) {
    const reason = 'its answer is not that of Google Cloud Storage'
    throw new ComfypinError('DOWNLOAD_FAILED', { source: source.text, reason, received: '0 B' })
  }
  const url = objectUrl(ctx, source, { alt: 'media', generation: facts.generation })
  return {
    url,
    headers,
    size: Number(facts.size),
    fileName: source.fileName,
    checksum: digestOf(facts),
    describe: (status) => bucketHint(ctx.settings, 'gs', identity !== 'none', status),
    renew:
      identity === 'none'
        ? null
        : async () => ({ url, headers: (await headersOf(ctx, identity)) ?? headers }),
  }
}

function subjectOf({ settings }: Ctx, source: BucketSource, identity?: Identity): Subject {
  const hasCredentials = identity !== undefined && identity !== 'none'
  return {
    text: source.text,
    describe: (status) => bucketHint(settings, 'gs', hasCredentials, status),
  }
}

/** Objects that were composed of parts have no md5. */
function digestOf({ md5Hash, crc32c }: z.infer<typeof objectSchema>): Digest | null {
  const md5 = hexOf(md5Hash, 16)
  if (md5 !== null) return { algorithm: 'md5', hex: md5 }
  const crc = hexOf(crc32c, 4)
  return crc === null ? null : { algorithm: 'crc32c', hex: crc }
}

function hexOf(base64: string | undefined, length: number): string | null {
  if (base64 === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length === length ? bytes.toString('hex') : null
}
