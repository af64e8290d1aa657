import * as z from 'zod'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { foreignCore, pythonPart, releaseTag } from './foreign-core.ts'
import { foreignModel } from './foreign-model.ts'
import { gitPack, registryPack } from './foreign-pack.ts'
import { defineImporter } from './importer.ts'
import { pinLines } from './pins.ts'
import { describe, leftOver, size, text } from './shape.ts'

const model = z.looseObject({
  type: z.string(),
  filename: z.string(),
  sha256: z.string().nullish(),
  sizeBytes: size,
  sourceUri: z.string().nullish(),
})

const pack = z.looseObject({
  name: z.string().nullish(),
  id: z.string().nullish(),
  registryVersion: text.nullish(),
  version: text.nullish(),
  repository: z.string().nullish(),
  gitRef: z.string().nullish(),
  commit: z.string().nullish(),
  source: z.string().nullish(),
})

const definition = z.looseObject({
  baseComfyVersion: text.nullish(),
  models: z.array(model).nullish(),
  customNodes: z.array(pack).nullish(),
  pipDependencies: z.string().nullish(),
  environment: z.looseObject({ pythonVersion: text.nullish() }).nullish(),
})

/** `comfy-build.yaml`, and the definition inside it on its own (formats.md D6). */
export const comfyBuild = defineImporter({
  format: 'comfy-build.yaml',
  schema: z.union([z.looseObject({ definition }), definition]),
  recognizes: (top) => {
    const schema = top.get('schema')
    if (typeof schema === 'string' && /^(?:comfy-build|distribution-definition)\//.test(schema))
      return true
    return (
      top.has('baseComfyVersion') || (Array.isArray(top.get('customNodes')) && !top.has('comfyui'))
    )
  },
  convert: (document) => {
    const inner = definition.safeParse(document['definition'])
    if (!inner.success) return convertDefinition(definition.parse(document))
    const notes = leftOver(document, '', ['schema', 'definition'], FRAME)
    return joinParts([convertDefinition(inner.data), { notes }])
  },
})

const FRAME = ['id', 'name', 'description', 'syncedRevision']
const POLICIES = [
  'baseImage',
  'modelPolicy',
  'partnerNodePolicy',
  'customNodePolicy',
  'name',
  'description',
]

function convertDefinition(document: z.output<typeof definition>): DraftPart {
  const { baseComfyVersion, models, customNodes, pipDependencies, environment } = document
  const used = ['schema', ...Object.keys(definition.shape)]
  return joinParts([
    foreignCore(coreOf(baseComfyVersion ?? null)),
    ...(customNodes ?? []).map(convertPack),
    ...(models ?? []).map(convertModel),
    pinLines(requirementLines(pipDependencies ?? '')),
    pythonPart(environment?.pythonVersion),
    {
      notes: leftOver(environment ?? {}, 'environment', ['pythonVersion'], ['os', 'arch', 'torch']),
    },
    { notes: leftOver(document, '', used, POLICIES) },
  ])
}

function coreOf(version: string | null): { commit: string | null; ref: string | null } {
  const isCommit = /^[0-9a-f]{40}$/i.test(version ?? '')
  return isCommit ? { commit: version, ref: null } : { commit: null, ref: releaseTag(version) }
}

function convertPack(entry: z.output<typeof pack>): DraftPart {
  const { id, repository, gitRef, commit } = entry
  const subject = entry.name ?? id ?? repository ?? '-'
  const notes = leftOver(entry, subject, Object.keys(pack.shape), ['blobId', ...LOCAL])
  if (repository) return joinParts([gitPack(repository, { ref: commit ?? gitRef }), { notes }])
  const version = entry.registryVersion ?? entry.version
  if (id && (version || entry.source === 'registry'))
    return joinParts([registryPack(id, version), { notes }])
  return joinParts([note('PACK_UNKNOWN', subject, describe(entry.source ?? '-')), { notes }])
}

/** Of an entry that was uploaded from, or lies in, a folder of its author. */
const LOCAL = ['localPath', 'localDigest', 'localSizeBytes']

function convertModel(entry: z.output<typeof model>): DraftPart {
  const { type, filename, sha256, sizeBytes, sourceUri } = entry
  return joinParts([
    foreignModel({
      sources: [sourceUri],
      path: `models/${type}/${filename}`,
      sha256,
      detail: `sha256:${sha256 ?? '-'} ${sizeBytes ?? '-'}`,
    }),
    { notes: leftOver(entry, filename, Object.keys(model.shape), ['blobId', ...LOCAL]) },
  ])
}

/** The lines of a requirements text without its comments. */
export function requirementLines(requirements: string): string[] {
  return requirements
    .split(/\r\n|[\r\n]/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
}
