import * as z from 'zod'
import { defineImporter, topOf, type Top } from './importer.ts'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { foreignCore } from './foreign-core.ts'
import { gitPack, registryPack } from './foreign-pack.ts'
import { pinLines } from './pins.ts'
import { describe, entriesOf, flag, fullCommit, leftOver, text } from './shape.ts'

const gitPacks = z.record(z.string(), z.looseObject({ hash: z.string().nullish(), disabled: flag }))
const filePacks = z.array(z.looseObject({ filename: z.string(), disabled: flag }))

export const snapshotShape = {
  comfyui: z.string().nullish(),
  git_custom_nodes: gitPacks.nullish(),
  cnr_custom_nodes: z.record(z.string(), text.nullish()).nullish(),
  file_custom_nodes: filePacks.nullish(),
  pips: z.record(z.string(), text.nullish()).nullish(),
}

const snapshot = z.looseObject(snapshotShape)

export type ManagerSnapshot = z.output<typeof snapshot>

/** ComfyUI-Manager's `save-snapshot`, as JSON, or as YAML below `custom_nodes` (formats.md D6). */
export const managerSnapshot = defineImporter({
  format: 'ComfyUI-Manager snapshot',
  schema: z.union([z.looseObject({ custom_nodes: snapshot }), snapshot]),
  recognizes: (top) => isSnapshot(top) || isSnapshot(topOf(top.get('custom_nodes'))),
  convert: (document) => {
    const inner = snapshot.safeParse(document['custom_nodes'])
    return inner.success ? convertSnapshot(inner.data) : convertSnapshot(snapshot.parse(document))
  },
})

export function isSnapshot(top: Top): boolean {
  return ['git_custom_nodes', 'cnr_custom_nodes', 'file_custom_nodes'].some((key) => top.has(key))
}

/** Also what comfy-pack and ComfyUI-Launcher carry inside their own files. */
export function convertSnapshot(
  document: ManagerSnapshot,
  usedElsewhere: readonly string[] = [],
): DraftPart {
  return joinParts([
    foreignCore({ commit: fullCommit.parse(document.comfyui), ref: null }),
    ...entriesOf(document.git_custom_nodes).map(([url, { hash, disabled, ...rest }]) =>
      joinParts([
        disabled ? note('PACK_DISABLED', url, describe(hash ?? '-')) : gitPack(url, { ref: hash }),
        { notes: leftOver(rest, url, []) },
      ]),
    ),
    ...entriesOf(document.cnr_custom_nodes).map(([id, version]) => registryPack(id, version)),
    ...(document.file_custom_nodes ?? []).map(({ filename, disabled }) =>
      note(disabled ? 'PACK_DISABLED' : 'PACK_FILE', filename, ''),
    ),
    pinLines(entriesOf(document.pips).map(([name, url]) => (url ? `${name} @ ${url}` : name))),
    { notes: leftOver(document, '', [...Object.keys(snapshotShape), ...usedElsewhere]) },
  ])
}
