import type { IncomingHttpHeaders } from 'node:http'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { statIfExists } from '../platform/files.ts'
import type { HttpAgents } from '../platform/open-url.ts'
import { ask, refusal, type Subject } from './ask.ts'
import { dispositionName } from './content-disposition.ts'
import { offerOf } from './offers/index.ts'
import type { RemoteSource, Source, SourceFacts } from './types.ts'

/**
 * Ask for size, name and checksum of a source without fetching it (R17, R71): its own interface where
 * it has one, and what that leaves open by HEAD, then by a GET of one byte where HEAD is refused, as
 * signed storage addresses do.
 * @throws SOURCE_FILE_MISSING, DOWNLOAD_HTTP, DOWNLOAD_FAILED, STORE_CREDENTIALS, INTERRUPTED
 */
export async function probeSource(
  ctx: Ctx,
  source: Source,
  agents: HttpAgents,
): Promise<SourceFacts> {
  if (source.kind === 'file') {
    const stats = statIfExists(source.path)
    if (stats?.isFile() !== true)
      throw new ComfypinError('SOURCE_FILE_MISSING', { source: source.path })
    return { size: stats.size, fileName: source.fileName, checksum: null }
  }
  const { size, fileName, checksum } = await offerOf(ctx, source, agents)
  const isAll = size !== null && fileName !== null
  if (isAll || 'bucket' in source) return { size, fileName, checksum }
  const seen = await probeServer(ctx, source, agents)
  return { size: size ?? seen.size, fileName: seen.fileName ?? fileName, checksum }
}

/** Bytes of a source, or null when its server does not say (R71). Throws as `probeSource`. */
export async function sizeOf(ctx: Ctx, source: Source, agents: HttpAgents): Promise<number | null> {
  return (await probeSource(ctx, source, agents)).size
}

interface Seen {
  size: number | null
  fileName: string | null
}

async function probeServer(ctx: Ctx, source: RemoteSource, agents: HttpAgents): Promise<Seen> {
  const subject: Subject = { text: source.text, describe: source.hintFor }
  const { url, headers } = source
  const head = await ask(ctx, subject, { method: 'HEAD', url, headers, wants: 'headers' }, agents)
  const length = head.headers['content-length']
  if (head.status === 200 && length !== undefined) return seenIn(head.headers, length)
  const first = { method: 'GET', url, headers, wants: 'first byte' } as const
  const reply = await ask(ctx, subject, first, agents)
  if (reply.status === 206)
    return seenIn(reply.headers, /\/(\d+)$/.exec(reply.headers['content-range'] ?? '')?.[1])
  if (reply.status === 200) return seenIn(reply.headers, reply.headers['content-length'])
  throw refusal(subject, reply)
}

function seenIn(headers: IncomingHttpHeaders, size: string | undefined): Seen {
  return {
    size: size === undefined ? null : Number(size),
    fileName: dispositionName(headers['content-disposition']),
  }
}
