import pMap from 'p-map'
import type { Ctx } from '../core/context.ts'
import { isComfypinError, type ComfypinError } from '../core/errors.ts'
import { sizeOf } from '../models/probe-source.ts'
import { parseSource } from '../models/sources/index.ts'
import type { ModelPresence } from '../models/types.ts'
import { createHttpAgents, destroyAgents } from '../platform/open-url.ts'

/** A model and, where its source would not say its size, why. */
export type SizedModel = ModelPresence & { readonly problem: ComfypinError | null }

/**
 * Ask the sources of models that have to come for their sizes (R71), as many at
 * once as there may be connections. One that does not
 * answer now leaves it unknown, and the download tells why.
 * @throws INTERRUPTED
 */
export async function withSizes(ctx: Ctx, models: readonly ModelPresence[]): Promise<SizedModel[]> {
  const agents = createHttpAgents()
  try {
    return await pMap(
      models,
      async (model): Promise<SizedModel> => {
        if (model.present || model.size !== null) return { ...model, problem: null }
        try {
          const size = await sizeOf(ctx, parseSource(ctx, model.source, '/'), agents)
          return { ...model, size, problem: null }
        } catch (error) {
          if (!isComfypinError(error) || error.code === 'INTERRUPTED') throw error
          return { ...model, problem: error }
        }
      },
      { concurrency: ctx.settings.downloadConnections },
    )
  } finally {
    destroyAgents(agents)
  }
}
