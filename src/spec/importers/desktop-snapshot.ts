import * as z from 'zod'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { foreignCore, pythonPart } from './foreign-core.ts'
import { gitPack, registryPack } from './foreign-pack.ts'
import { defineImporter } from './importer.ts'
import { pinLines } from './pins.ts'
import { describe, entriesOf, fullCommit, leftOver, text } from './shape.ts'

const pack = z.looseObject({
  id: z.string(),
  type: z.string(),
  dirName: z.string().nullish(),
  enabled: z.boolean().nullish(),
  version: text.nullish(),
  commit: z.string().nullish(),
  url: z.string().nullish(),
})

const snapshot = z.looseObject({
  version: text.nullish(),
  comfyui: z.looseObject({
    ref: z.string().nullish(),
    commit: z.string().nullish(),
    releaseTag: z.string().nullish(),
  }),
  customNodes: z.array(pack).nullish(),
  pipPackages: z.record(z.string(), text).nullish(),
  pythonVersion: text.nullish(),
})

const envelope = z.looseObject({
  type: z.literal('comfyui-desktop-2-snapshot'),
  snapshots: z.array(snapshot).min(1),
})

type Snapshot = z.output<typeof snapshot>

/** Comfy Desktop 2: one snapshot, v1 or v2, or the file that its export makes (formats.md D6). */
export const desktopSnapshot = defineImporter({
  format: 'Comfy Desktop 2 snapshot',
  schema: z.union([envelope, snapshot]),
  recognizes: (top) =>
    top.get('type') === 'comfyui-desktop-2-snapshot' ||
    (typeof top.get('comfyui') === 'object' && Array.isArray(top.get('customNodes'))),
  convert: (document) =>
    isEnvelope(document) ? convertEnvelope(document) : convertSnapshot(document),
})

function isEnvelope(
  document: Snapshot | z.output<typeof envelope>,
): document is z.output<typeof envelope> {
  return 'snapshots' in document && document['type'] === 'comfyui-desktop-2-snapshot'
}

/** The export has the newest snapshot first; with times the latest one counts. */
function convertEnvelope({ snapshots, ...rest }: z.output<typeof envelope>): DraftPart {
  const timeOf = (one: Snapshot) => (typeof one['createdAt'] === 'string' ? one['createdAt'] : '')
  const [newest, ...others] = snapshots.toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1))
  return joinParts([
    ...(newest === undefined ? [] : [convertSnapshot(newest)]),
    ...others.map((one) => note('NO_PLACE', 'snapshots', describe(timeOf(one) || '-'))),
    { notes: leftOver(rest, '', ['type'], ['version', 'exportedAt', 'installationName']) },
  ])
}

/** The times and reasons of a snapshot are no part of a version. */
const BOOKKEEPING = ['createdAt', 'trigger', 'label', 'updateChannel', 'skipPipSync', 'torchStack']

function convertSnapshot(document: Snapshot): DraftPart {
  const { comfyui } = document
  return joinParts([
    foreignCore({
      commit: fullCommit.parse(comfyui.commit),
      ref: comfyui.releaseTag || comfyui.ref,
    }),
    { notes: leftOver(comfyui, 'comfyui', ['ref', 'commit', 'releaseTag'], CORE_KEYS) },
    ...(document.customNodes ?? []).map(convertPack),
    pinLines(entriesOf(document.pipPackages).map(([name, version]) => packageLine(name, version))),
    pythonPart(document.pythonVersion),
    { notes: leftOver(document, '', Object.keys(snapshot.shape), BOOKKEEPING) },
  ])
}

const CORE_KEYS = ['variant', 'baseTag', 'commitsAhead']

function convertPack(entry: z.output<typeof pack>): DraftPart {
  const { id, type, dirName, enabled, version, commit, url } = entry
  const notes = leftOver(entry, id, Object.keys(pack.shape))
  if (enabled === false)
    return joinParts([note('PACK_DISABLED', dirName ?? id, version ?? commit ?? ''), { notes }])
  if (type === 'cnr') return joinParts([registryPack(id, version, dirName ?? null), { notes }])
  if (type === 'git' && url)
    return joinParts([gitPack(url, { ref: commit, name: dirName }), { notes }])
  const unknown = type === 'file' ? 'PACK_FILE' : 'PACK_UNKNOWN'
  return joinParts([note(unknown, dirName ?? id, describe(version ?? commit ?? type)), { notes }])
}

/** Values are versions, or what `pip freeze` gave for a package from elsewhere. */
function packageLine(name: string, version: string): string {
  if (/^-e\b/.test(version)) return version
  return /^[a-z+]+:|\//i.test(version) ? `${name} @ ${version}` : `${name}==${version}`
}
