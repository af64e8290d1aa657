import type { Ctx } from '../../core/context.ts'
import type { HttpAgents } from '../../platform/open-url.ts'
import type { BucketSource, Offer, RemoteSource, SourceFacts } from '../types.ts'
import { civitaiFacts } from './civitai.ts'
import { gsOffer } from './gs.ts'
import { huggingFaceFacts } from './huggingface.ts'
import { s3Offer } from './s3.ts'

/**
 * Ask a source what it has and where, right before its bytes are fetched. A plain web server is not
 * asked: its answer to the download says as much.
 * @throws DOWNLOAD_HTTP, DOWNLOAD_FAILED, STORE_CREDENTIALS, INTERRUPTED
 */
export async function offerOf(
  ctx: Ctx,
  source: RemoteSource | BucketSource,
  agents: HttpAgents,
): Promise<Offer> {
  switch (source.kind) {
    case 's3':
      return s3Offer(ctx, source, agents)
    case 'gs':
      return gsOffer(ctx, source, agents)
    case 'huggingface':
      return remoteOffer(source, await huggingFaceFacts(ctx, source, agents))
    case 'civitai':
      return remoteOffer(source, await civitaiFacts(ctx, source, agents))
    case 'http':
      return remoteOffer(source, null)
  }
}

/**
 * The hubs redirect to a signed address that ends after a while; their own address then gives another
 * one, so it is the fresh address too.
 */
function remoteOffer(source: RemoteSource, facts: SourceFacts | null): Offer {
  const { url, headers, hintFor, fileName } = source
  return {
    size: facts?.size ?? null,
    fileName: facts?.fileName ?? fileName,
    checksum: facts?.checksum ?? null,
    url,
    headers,
    describe: (status) => hintFor(status),
    renew: source.kind === 'http' ? null : async () => ({ url, headers }),
  }
}
