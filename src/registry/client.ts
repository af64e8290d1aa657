import * as z from 'zod'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { openUrl, type HttpAgents } from '../platform/open-url.ts'
import {
  isRetryStatus,
  isTransient,
  retryAfterMs,
  TransientError,
  withRetry,
} from '../platform/retry.ts'
import type { RegistryVersion } from './types.ts'

/** What the registry says of a pack; each part may be absent. */
export interface RegistryClient {
  /** @returns null when there is no such pack */
  pack(id: string): Promise<{ banned: boolean; deleted: boolean } | null>
  /** Every version whatever its status, in no order; `banned` when the whole pack is. */
  versions(id: string): Promise<RegistryVersion[] | 'banned' | null>
  version(id: string, version: string): Promise<RegistryVersion | 'banned' | null>
}

/** A pack with a thousand versions and long change logs stays below. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

const STATUSES = {
  NodeVersionStatusActive: 'active',
  NodeVersionStatusPending: 'pending',
  NodeVersionStatusFlagged: 'flagged',
  NodeVersionStatusBanned: 'banned',
  NodeVersionStatusDeleted: 'deleted',
} as const

const packSchema = z.object({ status: z.string().nullish() })

const versionSchema = z
  .object({
    // It becomes part of a path.
    version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/),
    status: z.enum(Object.keys(STATUSES)).catch('NodeVersionStatusPending'),
    deprecated: z.boolean().nullish(),
    downloadUrl: z.string().nullish(),
  })
  .transform(({ version, status, deprecated, downloadUrl }): RegistryVersion => ({
    version,
    status: statusOf(status),
    deprecated: deprecated ?? false,
    url: downloadUrl || null,
  }))

/** A status that is new to us counts as one that nobody has looked at yet. */
function statusOf(status: string): RegistryVersion['status'] {
  return (
    new Map<string, RegistryVersion['status']>(Object.entries(STATUSES)).get(status) ?? 'pending'
  )
}

/**
 * The public API of the Comfy registry (formats.md D5). `/nodes/{id}/install` is never asked: it
 * counts an install.
 * @throws REGISTRY_FAILED, INTERRUPTED
 */
export function createRegistryClient(ctx: Ctx, agents: HttpAgents): RegistryClient {
  const ask = async <T>(id: string, path: string, schema: z.ZodType<T>) => {
    const answer = await readAnswer(ctx, id, path, agents)
    if (answer.status === 404) return null
    if (answer.status === 403) return 'banned' as const
    const parsed = schema.safeParse(answer.value)
    if (answer.status === 200 && parsed.success) return parsed.data
    const reason = answer.status === 200 ? 'its answer is not understood' : `HTTP ${answer.status}`
    throw failure(ctx, id, reason)
  }
  const at = (id: string) => `/nodes/${encodeURIComponent(id)}`
  return {
    pack: async (id) => {
      const pack = await ask(id, at(id), packSchema)
      if (pack === null) return null
      const status = pack === 'banned' ? 'NodeStatusBanned' : pack.status
      return { banned: status === 'NodeStatusBanned', deleted: status === 'NodeStatusDeleted' }
    },
    versions: (id) => ask(id, `${at(id)}/versions`, z.array(z.unknown()).transform(readable)),
    version: (id, version) =>
      ask(id, `${at(id)}/versions/${encodeURIComponent(version)}`, versionSchema),
  }
}

/** One odd version does not hide the others. */
function readable(versions: readonly unknown[]): RegistryVersion[] {
  return versions.flatMap((version) => {
    const { data } = versionSchema.safeParse(version)
    return data === undefined ? [] : [data]
  })
}

async function readAnswer(
  ctx: Ctx,
  id: string,
  path: string,
  agents: HttpAgents,
): Promise<{ status: number; value: unknown }> {
  return withRetry(ctx, () => request(ctx, id, path, agents), {
    onRetry: (retry) => ctx.emit({ type: 'download.retry', id: `registry ${id}`, ...retry }),
  })
}

async function request(
  ctx: Ctx,
  id: string,
  path: string,
  agents: HttpAgents,
): Promise<{ status: number; value: unknown }> {
  const idleMs = ctx.settings.gitTimeoutMs
  try {
    const { status, body, headers } = await openUrl(ctx, {
      method: 'GET',
      url: ctx.settings.registryEndpoint + path,
      headers: { accept: 'application/json' },
      ownHeaders: {},
      agents,
      idleMs,
    })
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body.chunks(idleMs)) {
      size += chunk.length
      if (size > MAX_ANSWER_BYTES) throw failure(ctx, id, 'it does not stop answering')
      chunks.push(chunk)
    }
    if (isRetryStatus(status)) {
      const reason = `HTTP ${status}`
      throw new TransientError(
        failure(ctx, id, reason),
        reason,
        retryAfterMs(headers, ctx.clock.now()),
      )
    }
    return { status, value: readJson(Buffer.concat(chunks).toString('utf8')) }
  } catch (error) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {}, { cause: error })
    if (error instanceof ComfypinError || error instanceof TransientError) throw error
    const outcome = failure(ctx, id, reasonOf(error), error)
    throw isTransient(error) ? new TransientError(outcome, reasonOf(error)) : outcome
  }
}

/** Text that is no JSON is told apart by the schema. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function failure(ctx: Ctx, id: string, reason: string, cause?: unknown): ComfypinError {
  const endpoint = ctx.settings.registryEndpoint
  return new ComfypinError('REGISTRY_FAILED', { id, reason, endpoint }, { cause })
}
