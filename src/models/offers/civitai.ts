import * as z from 'zod'
import type { Ctx } from '../../core/context.ts'
import type { HttpAgents } from '../../platform/open-url.ts'
import { parseJson } from '../../platform/read-json.ts'
import { ask } from '../ask.ts'
import { safeFileName } from '../file-name.ts'
import { CIVITAI } from '../sources/civitai.ts'
import type { RemoteSource, SourceFacts } from '../types.ts'
import { unlessUnavailable } from './unless-unavailable.ts'

const fileSchema = z.object({
  name: z.string(),
  sizeKB: z.number().nonnegative().nullish(),
  type: z.string().nullish(),
  primary: z.boolean().nullish(),
  metadata: z
    .object({ format: z.string().nullish(), size: z.string().nullish(), fp: z.string().nullish() })
    .nullish(),
  hashes: z.object({ SHA256: z.string().nullish() }).nullish(),
})

const versionSchema = z.object({ files: z.array(fileSchema) })

type CivitaiFile = z.infer<typeof fileSchema>

/**
 * Name, size and sha256 of a file on Civitai: the entry of `GET /api/v1/model-versions/<id>` that the
 * download address of the same parameters (`type`, `format`, `size`, `fp`) gives, else the primary
 * one. `sizeKB` counts 1024 bytes and has the fraction that makes it exact.
 * @returns null when it does not answer, or knows no such file: the download tells
 * @throws INTERRUPTED
 */
export async function civitaiFacts(
  ctx: Ctx,
  source: RemoteSource,
  agents: HttpAgents,
): Promise<SourceFacts | null> {
  const { pathname, searchParams } = new URL(source.canonical)
  const id = /^\/api\/download\/models\/(\d+)$/.exec(pathname)?.[1]
  if (id === undefined || !source.canonical.startsWith(CIVITAI)) return null
  const subject = { text: source.text, describe: source.hintFor }
  const url = `${ctx.settings.civitaiEndpoint}/api/v1/model-versions/${id}`
  const question = { method: 'GET', url, headers: source.headers, wants: 'body' } as const
  const reply = await unlessUnavailable(ask(ctx, subject, question, agents))
  const version = reply?.status === 200 ? parseJson(reply.body, versionSchema) : null
  const file = version === null ? null : chooseFile(version.files, searchParams)
  return file === null ? null : factsOf(file)
}

/** The file that Civitai would send. */
export function chooseFile(
  files: readonly CivitaiFile[],
  parameters: URLSearchParams,
): CivitaiFile | null {
  const fits = files.filter(({ type, metadata }) => {
    const known = { type, format: metadata?.format, size: metadata?.size, fp: metadata?.fp }
    return Object.entries(known).every(([name, value]) => {
      const wanted = parameters.get(name)
      return wanted === null || wanted.toLowerCase() === (value ?? '').toLowerCase()
    })
  })
  return fits.find(({ primary }) => primary === true) ?? fits[0] ?? null
}

function factsOf({ name, sizeKB, hashes }: CivitaiFile): SourceFacts {
  const bytes = (sizeKB ?? Number.NaN) * 1024
  const hex = hashes?.SHA256?.toLowerCase() ?? ''
  return {
    size: Number.isSafeInteger(bytes) ? bytes : null,
    fileName: safeFileName(name),
    checksum: /^[0-9a-f]{64}$/.test(hex) ? { algorithm: 'sha256', hex } : null,
  }
}
