import type { IncomingHttpHeaders } from 'node:http'
import type { Ctx } from '../../core/context.ts'
import type { HttpAgents } from '../../platform/open-url.ts'
import {
  S3_HEAD_HEADERS,
  s3Address,
  type S3Identity,
  type S3Object,
} from '../../platform/s3-address.ts'
import type { Checksum } from '../../spec/types.ts'
import { ask, refusal, type Reply, type Subject } from '../ask.ts'
import { bucketHint } from '../sources/hints.ts'
import type { BucketSource, Offer } from '../types.ts'

/** Where a bucket is looked for first; it says itself where it is. */
const FIRST_REGION = 'us-east-1'

/**
 * Ask for an object of Amazon S3, or of a store that speaks its protocol. With a key in the settings
 * that key asks; else nobody in particular, and where that is refused what the machine offers.
 * @throws DOWNLOAD_HTTP, DOWNLOAD_FAILED, STORE_CREDENTIALS, INTERRUPTED
 */
export async function s3Offer(ctx: Ctx, source: BucketSource, agents: HttpAgents): Promise<Offer> {
  const { s3 } = ctx.settings
  const identities: S3Identity[] = s3.keys === null ? ['none', 'ambient'] : ['keys']
  let last: { reply: Reply; identity: S3Identity } | null = null
  for (const identity of identities) {
    const found = await askAs(ctx, source, identity, agents)
    if (found === null) continue
    if (found.reply.status === 200) return offer(ctx, source, found, identity)
    last = { reply: found.reply, identity }
    if (![400, 401, 403].includes(found.reply.status)) break
  }
  throw refusal(subjectOf(ctx, source, last?.identity), last?.reply ?? NO_REPLY)
}

const NO_REPLY: Reply = { status: 403, headers: {}, body: '' }

/** A bucket that lies elsewhere answers an error that names its region. */
async function askAs(
  ctx: Ctx,
  source: BucketSource,
  identity: S3Identity,
  agents: HttpAgents,
): Promise<{ reply: Reply; object: S3Object } | null> {
  const subject = subjectOf(ctx, source, identity)
  const askIn = async (object: S3Object): Promise<Reply | null> => {
    const url = await s3Address(ctx, object, 'HEAD', identity)
    const question = { method: 'HEAD', headers: S3_HEAD_HEADERS, wants: 'headers' } as const
    return url === null ? null : ask(ctx, subject, { ...question, url }, agents)
  }
  const object = objectOf(ctx, source)
  const reply = await askIn(object)
  const region = reply?.headers['x-amz-bucket-region']
  if (reply === null) return null
  if (reply.status === 200 || typeof region !== 'string' || region === object.region)
    return { reply, object }
  if (!/^[a-z0-9-]+$/.test(region)) return { reply, object }
  const moved = { ...object, region }
  return { reply: (await askIn(moved)) ?? reply, object: moved }
}

function objectOf({ settings }: Ctx, source: BucketSource): S3Object {
  return {
    bucket: source.bucket,
    key: source.object,
    versionId: source.revision,
    region: source.region ?? settings.s3.region ?? FIRST_REGION,
    endpoint: source.endpoint ?? settings.s3.endpoint,
  }
}

async function offer(
  ctx: Ctx,
  source: BucketSource,
  { reply, object }: { reply: Reply; object: S3Object },
  identity: S3Identity,
): Promise<Offer> {
  const subject = subjectOf(ctx, source, identity)
  const sign = async () => {
    const url = await s3Address(ctx, object, 'GET', identity)
    if (url === null) throw refusal(subject, NO_REPLY)
    return { url, headers: {} }
  }
  const { headers } = reply
  return {
    ...(await sign()),
    size: headers['content-length'] === undefined ? null : Number(headers['content-length']),
    fileName: source.fileName,
    checksum: checksumOf(headers),
    describe: (status) => bucketHint(ctx.settings, 's3', identity !== 'none', status),
    renew: identity === 'none' ? null : sign,
  }
}

function subjectOf({ settings }: Ctx, source: BucketSource, identity?: S3Identity): Subject {
  const hasCredentials = identity !== undefined && identity !== 'none'
  return {
    text: source.text,
    describe: (status) => bucketHint(settings, 's3', hasCredentials, status),
  }
}

/**
 * The sha256 of the whole object, when it was uploaded with one; else the ETag, which is its md5
 * unless it was uploaded in parts (then it has a `-`) or is encrypted with a key of its own.
 */
export function checksumOf(headers: IncomingHttpHeaders): Checksum | null {
  const digest = headers['x-amz-checksum-sha256']
  if (typeof digest === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(digest))
    return { algorithm: 'sha256', hex: Buffer.from(digest, 'base64').toString('hex') }
  const md5 = /^"([0-9a-f]{32})"$/.exec(headers.etag ?? '')?.[1]
  const encryption = headers['x-amz-server-side-encryption'] ?? 'AES256'
  const isPlain =
    encryption === 'AES256' &&
    headers['x-amz-server-side-encryption-customer-algorithm'] === undefined
  return md5 !== undefined && isPlain ? { algorithm: 'md5', hex: md5 } : null
}
