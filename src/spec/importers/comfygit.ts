import * as z from 'zod'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { foreignCore, pythonPart, releaseTag } from './foreign-core.ts'
import { foreignModel } from './foreign-model.ts'
import { gitPack, registryPack } from './foreign-pack.ts'
import { defineImporter, topOf, type Top } from './importer.ts'
import { pinLines } from './pins.ts'
import { describe, entriesOf, fullCommit, leftOver, size, text } from './shape.ts'

const pack = z.looseObject({
  name: z.string().nullish(),
  registry_id: z.string().nullish(),
  repository: z.string().nullish(),
  version: text.nullish(),
  source: z.string().nullish(),
  branch: z.string().nullish(),
  pinned_commit: z.string().nullish(),
})

const model = z.looseObject({
  filename: z.string(),
  size,
  relative_path: z.string().nullish(),
  category: z.string().nullish(),
  sources: z.array(z.string()).nullish(),
})

const settings = z.looseObject({
  comfyui_version: text.nullish(),
  comfyui_commit_sha: z.string().nullish(),
  python_version: text.nullish(),
  nodes: z.record(z.string(), pack).nullish(),
  models: z.record(z.string(), model).nullish(),
})

const schema = z.looseObject({
  project: z.looseObject({ 'requires-python': z.string().nullish() }).nullish(),
  tool: z.looseObject({ comfygit: settings.nullish(), comfydock: settings.nullish() }),
  'dependency-groups': z.record(z.string(), z.array(z.unknown())).nullish(),
})

/** `.cec/pyproject.toml` of comfygit, under its older name comfydock too (formats.md D6). */
export const comfygit = defineImporter({
  format: 'comfygit pyproject.toml',
  schema,
  recognizes: (top) => ['comfygit', 'comfydock'].some((key) => toolOf(top).has(key)),
  convert,
})

function toolOf(top: Top): Top {
  return topOf(top.get('tool'))
}

/** What comfygit keeps for itself. */
const OWN = [
  'schema_version',
  'comfyui_version_type',
  'workflows',
  'torch_backend',
  'manifest_state',
]

function convert(document: z.output<typeof schema>): DraftPart {
  const { comfygit: newer, comfydock: older, ...tools } = document.tool
  const own = newer ?? older ?? {}
  return joinParts([
    foreignCore({
      commit: fullCommit.parse(own.comfyui_commit_sha),
      ref: releaseTag(own.comfyui_version),
    }),
    ...entriesOf(own.nodes).map(([key, entry]) => convertPack(key, entry)),
    ...entriesOf(own.models).map(([hash, entry]) => convertModel(hash, entry)),
    ...entriesOf(document['dependency-groups']).map(([group, lines]) => groupPart(group, lines)),
    pythonPart(
      own.python_version ?? /\d+\.\d+/.exec(document.project?.['requires-python'] ?? '')?.[0],
    ),
    { notes: leftOver(own, 'tool.comfygit', Object.keys(settings.shape), OWN) },
    { notes: leftOver(document.project ?? {}, 'project', ['requires-python'], PROJECT) },
    { notes: leftOver(tools, 'tool', [], ['uv']) },
    { notes: leftOver(document, '', Object.keys(schema.shape)) },
  ])
}

const PROJECT = ['name', 'version', 'description', 'dependencies']

function convertPack(key: string, entry: z.output<typeof pack>): DraftPart {
  const { source, registry_id: id, repository, version, branch, pinned_commit: pinned } = entry
  const notes = leftOver(entry, key, Object.keys(pack.shape), ['criticality', 'download_url'])
  // Development packs are folders of that machine.
  if (source === 'development' && !repository)
    return joinParts([note('PACK_UNKNOWN', entry.name ?? key, describe(source)), { notes }])
  if (id && source !== 'git' && source !== 'development')
    return joinParts([registryPack(id, version), { notes }])
  if (repository)
    return joinParts([gitPack(repository, { ref: pinned ?? version ?? branch }), { notes }])
  return joinParts([note('PACK_UNKNOWN', entry.name ?? key, describe(version ?? '-')), { notes }])
}

/** The key is a fast hash of a part of the file: no checksum. */
function convertModel(hash: string, entry: z.output<typeof model>): DraftPart {
  const { filename, relative_path: path, category, sources } = entry
  return joinParts([
    foreignModel({
      sources: sources ?? [],
      path: `models/${path ?? `${category ?? 'checkpoints'}/${filename}`}`,
      detail: `${hash} ${entry.size ?? '-'}`,
    }),
    { notes: leftOver(entry, filename, Object.keys(model.shape)) },
  ])
}

/** What comfygit added for a pack: ranges, no pins; `{include-group = …}` names another group. */
function groupPart(group: string, lines: readonly unknown[]): DraftPart {
  return joinParts([
    pinLines(lines.filter((line) => typeof line === 'string')),
    ...lines
      .filter((line) => typeof line !== 'string')
      .map((line) => note('NO_PLACE', `dependency-groups.${group}`, JSON.stringify(line))),
  ])
}
