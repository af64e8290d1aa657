import { basename, dirname, extname, join } from 'node:path'
import * as z from 'zod'
import { readSmallText } from '../../platform/small-files.ts'
import { withoutLogin } from '../../spec/importers/foreign-address.ts'
import type { ModelOrigin } from './types.ts'

/** A version as civitai's API describes it; other tools save the answer beside the file. */
const versionSchema = z.object({
  id: z.number(),
  files: z
    .array(
      z.object({
        name: z.string().nullish(),
        primary: z.boolean().nullish(),
        sizeKB: z.number().nullish(),
        downloadUrl: z.string().nullish(),
        hashes: z.object({ SHA256: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
})

type CivitaiFile = NonNullable<z.output<typeof versionSchema>['files']>[number]

const loraManager = z.object({
  sha256: z.string().nullish(),
  civitai: versionSchema.nullish(),
})

const stabilityMatrix = z.object({
  VersionId: z.number(),
  Hashes: z.object({ SHA256: z.string().nullish() }).nullish(),
})

/** What a sidecar of Civitai Helper, Lora-Manager or StabilityMatrix says of a file. */
export function civitaiOrigin(path: string, size: number): ModelOrigin | null {
  const stem = join(dirname(path), basename(path, extname(path)))
  const helper =
    read(`${stem}.civitai.info`, versionSchema) ?? read(`${path}.civitai.info`, versionSchema)
  if (helper !== null) return originOf(helper, path, size, null)
  const manager = read(`${stem}.metadata.json`, loraManager)
  if (manager?.civitai) return originOf(manager.civitai, path, size, manager.sha256 ?? null)
  const matrix = read(`${stem}.cm-info.json`, stabilityMatrix)
  if (matrix === null) return null
  return { source: `civitai://models/${matrix.VersionId}`, sha256: matrix.Hashes?.SHA256 ?? null }
}

/** A version may have several files: the one that was meant has the name, or the hash, of this one. */
function originOf(
  { id, files }: z.output<typeof versionSchema>,
  path: string,
  size: number,
  sha256: string | null,
): ModelOrigin | null {
  const all = files ?? []
  const sum = sha256?.toLowerCase()
  const file =
    all.find((one) => sum !== undefined && one.hashes?.SHA256?.toLowerCase() === sum) ??
    all.find((one) => one.name === basename(path)) ??
    all.find((one) => one.primary) ??
    (all.length === 1 ? all[0] : undefined)
  if (file === undefined)
    return all.length === 0 ? { source: `civitai://models/${id}`, sha256 } : null
  if (!fitsSize(file, size)) return null
  const isMain = file.primary === true || all.length === 1
  const address = isMain ? null : downloadAddress(file.downloadUrl ?? null)
  if (!isMain && address === null) return null
  return { source: address ?? `civitai://models/${id}`, sha256: sum ?? file.hashes?.SHA256 ?? null }
}

/** A file that was replaced beside an old sidecar is another one. */
function fitsSize({ sizeKB }: CivitaiFile, size: number): boolean {
  return sizeKB === null || sizeKB === undefined || Math.abs(sizeKB * 1024 - size) < 1024
}

/** A sidecar comes from anywhere; its address counts only where it leads to civitai. */
function downloadAddress(url: string | null): string | null {
  if (url === null || !/^https:\/\/civitai\.com\/api\/download\/models\/\d+/.test(url)) return null
  return withoutLogin(url).address
}

const MAX_BYTES = 4 * 2 ** 20

function read<S extends z.ZodType>(path: string, schema: S): z.output<S> | null {
  const text = readSmallText(path, MAX_BYTES)
  if (text === null) return null
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
