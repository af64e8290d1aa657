import * as z from 'zod'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { pythonPart } from './foreign-core.ts'
import { foreignModel } from './foreign-model.ts'
import { gitPack } from './foreign-pack.ts'
import { defineImporter, topOf } from './importer.ts'
import { convertSnapshot, isSnapshot, snapshotShape } from './manager-snapshot.ts'
import { describe, flag, leftOver, size, text } from './shape.ts'

const source = z.looseObject({
  source: z.string().nullish(),
  repo: z.string().nullish(),
  commit: z.string().nullish(),
  path: z.string().nullish(),
  url: z.string().nullish(),
  download_url: z.string().nullish(),
})

const model = z.looseObject({
  filename: z.string(),
  size,
  disabled: flag,
  sha256: z.string().nullish(),
  source: source.nullish(),
})

const oldPack = z.looseObject({
  url: z.string(),
  commit_hash: z.string().nullish(),
  disabled: flag,
})

const schema = z.looseObject({
  ...snapshotShape,
  python: text.nullish(),
  models: z.array(model).nullish(),
  /** How packs were written before it followed ComfyUI-Manager. */
  custom_nodes: z.array(oldPack).nullish(),
})

/** `snapshot.json` of a comfy-pack archive (formats.md D6). */
export const comfyPack = defineImporter({
  format: 'comfy-pack snapshot.json',
  schema,
  recognizes: (top) => {
    if (isSnapshot(top)) return Array.isArray(top.get('models')) || top.has('python')
    const packs = topOf(top.get('custom_nodes')).list ?? []
    return top.has('comfyui') && packs.some((entry) => topOf(entry).has('commit_hash'))
  },
  convert: (document) =>
    joinParts([
      convertSnapshot(document, ['python', 'models', 'custom_nodes']),
      ...(document.custom_nodes ?? []).map(convertOldPack),
      ...(document.models ?? []).map(convertModel),
      pythonPart(document.python),
    ]),
})

function convertOldPack({ url, commit_hash: ref, disabled, ...rest }: z.output<typeof oldPack>) {
  const pack = disabled ? note('PACK_DISABLED', url, describe(ref ?? '-')) : gitPack(url, { ref })
  return joinParts([pack, { notes: leftOver(rest, url, []) }])
}

function convertModel(entry: z.output<typeof model>): DraftPart {
  const { filename, size: bytes, disabled, sha256 } = entry
  const notes = leftOver(entry, filename, [...Object.keys(model.shape), 'atime', 'ctime'])
  if (disabled) return joinParts([note('MODEL_OFF', filename, `${bytes ?? '-'}`), { notes }])
  return joinParts([
    foreignModel({
      sources: addressesOf(entry.source),
      path: filename,
      sha256,
      detail: `sha256:${sha256 ?? '-'} ${bytes ?? '-'}`,
    }),
    { notes },
  ])
}

/** Some versions wrote a path into `download_url`; repository, commit and path say the same. */
function addressesOf(entry: z.output<typeof source> | null | undefined): string[] {
  if (!entry) return []
  const { source: kind, repo, commit, path, download_url: download, url } = entry
  if (kind === 'huggingface' && repo && path)
    return [`hf://${repo}${commit ? `@${encodeURIComponent(commit)}` : ''}/${path}`]
  return [download, url]
    .filter((one) => /^https?:/i.test(one ?? ''))
    .slice(0, 1)
    .map(String)
}
