import * as z from 'zod'
import { joinParts, type DraftPart } from './draft-parts.ts'
import { foreignModel } from './foreign-model.ts'
import { requirementLines } from './comfy-build.ts'
import { defineImporter } from './importer.ts'
import { convertSnapshot, snapshotShape } from './manager-snapshot.ts'
import { pinLines } from './pins.ts'
import { leftOver } from './shape.ts'

const file = z.looseObject({
  download_url: z.string(),
  dest_relative_path: z.string(),
  sha256_checksum: z.string().nullish(),
})

const schema = z.looseObject({
  snapshot_json: z.looseObject(snapshotShape),
  workflow_json: z.unknown().optional(),
  /** Each inner list names one file at several places. */
  files: z.array(z.union([z.array(file), file.transform((one) => [one])])).nullish(),
  pip_requirements: z.union([z.array(z.string()), z.string()]).nullish(),
})

/** ComfyUI-Launcher's `launcher.json` (formats.md D6). */
export const launcher = defineImporter({
  format: 'ComfyUI-Launcher launcher.json',
  schema,
  recognizes: (top) => top.has('snapshot_json'),
  convert: (document) => {
    const { snapshot_json: snapshot, files, pip_requirements: lines, workflow_json } = document
    return joinParts([
      convertSnapshot(snapshot),
      ...(files ?? []).map(convertFile),
      pinLines(typeof lines === 'string' ? requirementLines(lines) : (lines ?? [])),
      { notes: leftOver({ workflow_json }, '', [], ['workflow_json']) },
      { notes: leftOver(document, '', Object.keys(schema.shape)) },
    ])
  },
})

/** Places are tried in order; all have to go to the same path to be the same file. */
function convertFile(places: readonly z.output<typeof file>[]): DraftPart {
  const [first] = places
  if (first === undefined) return {}
  const path = first.dest_relative_path
  const same = places.filter((place) => place.dest_relative_path === path)
  const sha256 = same.map((place) => place.sha256_checksum).find((sum) => sum)
  const rest = places.filter((place) => place.dest_relative_path !== path)
  return joinParts([
    foreignModel({ sources: same.map((place) => place.download_url), path, sha256 }),
    ...rest.map((place) => convertFile([place])),
    ...same.map((place) => ({ notes: leftOver(place, path, Object.keys(file.shape)) })),
  ])
}
