import * as z from 'zod'
import { joinParts, type DraftPart } from './draft-parts.ts'
import { foreignModel } from './foreign-model.ts'
import { defineImporter } from './importer.ts'
import { describe, leftOver } from './shape.ts'

const model = z.looseObject({
  model: z.string(),
  url: z.string().nullish(),
  paths: z.array(z.looseObject({ path: z.string() })).nullish(),
  hash: z.string().nullish(),
  type: z.string().nullish(),
})

const schema = z.looseObject({
  basics: z.looseObject({}).nullish(),
  models: z.array(model).nullish(),
  custom_nodes: z.array(z.unknown()).nullish(),
})

/** comfy-cli's `comfy.lock.yaml`; its list of packs is always empty (formats.md D6). */
export const comfyLock = defineImporter({
  format: 'comfy.lock.yaml of comfy-cli',
  schema,
  recognizes: (top) => top.has('basics') && top.has('models'),
  convert: ({ basics, models, custom_nodes: packs, ...rest }) =>
    joinParts([
      ...(models ?? []).map(convertModel),
      { notes: leftOver({ basics, custom_nodes: packs }, '', [], ['basics', 'custom_nodes']) },
      { notes: leftOver(rest, '', []) },
    ]),
})

function convertModel(entry: z.output<typeof model>): DraftPart {
  const { model: name, url, paths, hash, type, ...rest } = entry
  const first = paths?.[0]?.path ?? `models/${type ?? 'checkpoints'}/${name}`
  return joinParts([
    foreignModel({ sources: [url], path: first, sha256: hash, detail: describe(hash ?? '-') }),
    ...(paths ?? [])
      .slice(1)
      .map(({ path }) => ({ notes: leftOver({ path }, name, [], ['path']) })),
    { notes: leftOver(rest, name, []) },
  ])
}
