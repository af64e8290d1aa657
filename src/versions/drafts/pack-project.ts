import { join } from 'node:path'
import * as z from 'zod'
import { parseToml } from '../../platform/parse-toml.ts'
import { readSmallText } from '../../platform/small-files.ts'

/** What a pack's `pyproject.toml` says of it (formats.md D3). */
export interface PackProject {
  /** Its id in the registry. */
  id: string | null
  version: string | null
  repository: string | null
}

const schema = z.object({
  project: z
    .object({
      name: z.string().nullish().catch(null),
      version: z.string().nullish().catch(null),
      urls: z.record(z.string(), z.string()).nullish().catch(null),
    })
    .nullish()
    .catch(null),
})

const MAX_BYTES = 1024 * 1024

/** null when there is none, or none that can be read. */
export async function readProject(dir: string): Promise<PackProject | null> {
  const text = readSmallText(join(dir, 'pyproject.toml'), MAX_BYTES)
  if (text === null) return null
  const project = schema.safeParse(await tomlOrNull(text)).data?.project
  if (!project) return null
  const repository = Object.entries(project.urls ?? {}).find(([key]) => /^repository$/i.test(key))
  return {
    // ComfyUI-Manager lowers it too (cnr_utils.read_cnr_info).
    id: project.name?.trim().toLowerCase() ?? null,
    version: project.version ?? null,
    repository: repository?.[1] ?? null,
  }
}

async function tomlOrNull(text: string): Promise<unknown> {
  try {
    return await parseToml(text)
  } catch {
    return null // the author's mistake: then the folder says nothing of itself
  }
}
