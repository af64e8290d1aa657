import type { Ctx } from '../core/context.ts'
import { statIfExists } from '../platform/files.ts'
import { createHttpAgents, destroyAgents } from '../platform/open-url.ts'
import { archivePath } from '../registry/checkout.ts'
import { archiveSize } from '../resolve/registry-archive.ts'
import type { RealizeJob } from './job.ts'
import { originState } from './origin.ts'

/**
 * Bytes of the archives of registry packs that are not unpacked yet, by pack name.
 * @param askSizes also ask the servers of missing ones
 */
export async function observeArchives(
  ctx: Ctx,
  job: Pick<RealizeJob, 'packs' | 'cache' | 'offline'>,
  askSizes: boolean,
): Promise<Map<string, number>> {
  const agents = createHttpAgents()
  try {
    const sizes = job.packs.map(async ({ pack, origin, checkout }) => {
      if (origin?.kind !== 'registry' || checkout === null) return []
      const state = originState(job.cache, origin, checkout)
      const here = statIfExists(archivePath(job.cache, origin.pin))?.size ?? null
      const mayAsk = askSizes && !job.offline && state === 'clone'
      const size = here ?? (mayAsk ? await archiveSize(ctx, origin.pin, agents) : null)
      return size === null ? [] : [[pack.name, size] as const]
    })
    return new Map((await Promise.all(sizes)).flat())
  } finally {
    destroyAgents(agents)
  }
}
