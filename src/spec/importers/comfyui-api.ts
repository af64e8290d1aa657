import * as z from 'zod'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { foreignModel } from './foreign-model.ts'
import { gitPack, registryPack } from './foreign-pack.ts'
import { defineImporter, topOf } from './importer.ts'
import { pinLines } from './pins.ts'
import { describe, leftOver } from './shape.ts'

const model = z.looseObject({ url: z.string(), local_path: z.string() })

const schema = z.looseObject({
  apt: z.array(z.string()).nullish(),
  pip: z.array(z.string()).nullish(),
  custom_nodes: z.array(z.string()).nullish(),
  models: z
    .looseObject({
      before_start: z.array(model).nullish(),
      after_start: z.array(model).nullish(),
    })
    .nullish(),
})

type ApiModel = z.output<typeof model>

/** The manifest of SaladTechnologies' comfyui-api, YAML or JSON (formats.md D6). */
export const comfyuiApi = defineImporter({
  format: 'comfyui-api manifest',
  schema,
  recognizes: (top) => {
    const models = topOf(top.get('models'))
    if (models.has('before_start') || models.has('after_start')) return true
    const packs = topOf(top.get('custom_nodes')).list
    if (packs !== null && packs.length > 0 && packs.every((one) => typeof one === 'string'))
      return true
    return ['apt', 'pip'].some((key) => Array.isArray(top.get(key)))
  },
  convert,
})

function convert(document: z.output<typeof schema>): DraftPart {
  const { apt, pip, custom_nodes: packs, models } = document
  return joinParts([
    ...(packs ?? []).map(convertPack),
    pinLines(pip ?? []),
    ...(models?.before_start ?? []).map(convertModel),
    ...(models?.after_start ?? []).map((one) =>
      joinParts([convertModel(one), note('MODEL_AFTER_START', one.local_path, describe(one.url))]),
    ),
    { notes: leftOver({ apt }, '', [], ['apt']) },
    { notes: leftOver(models ?? {}, 'models', ['before_start', 'after_start']) },
    { notes: leftOver(document, '', Object.keys(schema.shape)) },
  ])
}

/** An address, or what comfy-cli takes: the id of a registry package, perhaps with `@version`. */
function convertPack(entry: string): DraftPart {
  if (/[/:]/.test(entry)) return gitPack(entry)
  const [id = '', version = null] = entry.split('@', 2)
  return registryPack(id, version)
}

/** Paths start at ComfyUI's folder, which is `/opt/ComfyUI` in its images. */
function convertModel({ url, local_path: path, ...rest }: ApiModel): DraftPart {
  return joinParts([
    foreignModel({ sources: [url], path: path.replace(/^\/opt\/ComfyUI\//, '') }),
    { notes: leftOver(rest, path, []) },
  ])
}
