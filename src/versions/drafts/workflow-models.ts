import { isObject, listAt, textAt, type JsonObject } from '../../comfy/json.ts'
import { joinParts, note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { foreignModel } from '../../spec/importers/foreign-model.ts'
import { describe } from '../../spec/importers/shape.ts'
import type { KnownModel } from './known-models.ts'
import { guessCategory } from './model-category.ts'
import type { UsedNode } from './workflow-nodes.ts'

/** A model that the workflow file describes itself (comfyui.md F8). */
interface StatedModel {
  name: string
  url: string
  directory: string
  sha256: string | null
}

/** A file name in a value of a node. */
interface Reference {
  node: UsedNode
  /** Name of the input. */
  input: string | null
  /** With forward slashes; may have folders. */
  file: string
}

/**
 * The models that the active nodes of a workflow name. A source comes from the workflow itself, the
 * model store or another version; a model without one is a note with its node and likely folder.
 */
export function modelsOfNodes(
  nodes: readonly UsedNode[],
  root: JsonObject,
  known: readonly KnownModel[],
): DraftPart {
  const active = nodes.filter(({ isInactive }) => !isInactive)
  const stated = [root, ...nodes.map(({ properties }) => properties)].flatMap(statedModels)
  const references = new Map(active.flatMap(referencesOf).map((one) => [one.file, one]))
  const used = new Set([...references.keys()].map(baseName))
  const unused = new Set(stated.filter(({ name }) => !used.has(baseName(name))))
  return joinParts([
    ...[...references.values()].map((reference) => modelPart(reference, stated, known)),
    ...[...unused].map(({ name, url }) => note('MODEL_OFF', name, describe(url))),
  ])
}

function statedModels(holder: JsonObject): StatedModel[] {
  return listAt(holder, 'models').flatMap((entry) => {
    if (!isObject(entry)) return []
    const [name, url, directory] = ['name', 'url', 'directory'].map((key) => textAt(entry, key))
    if (!name || !url || !directory) return []
    const type = textAt(entry, 'hash_type')?.toLowerCase().replace('-', '')
    return [{ name, url, directory, sha256: type === 'sha256' ? textAt(entry, 'hash') : null }]
  })
}

const MODEL_FILE = /^[^\n]{1,400}\.(?:safetensors|sft|ckpt|pt|pth|bin|gguf|onnx)$/i

function referencesOf(node: UsedNode): Reference[] {
  return node.values
    .filter(({ text }) => MODEL_FILE.test(text) && !/^[a-z]+:\/\//i.test(text))
    .map(({ name, text }) => ({ node, input: name, file: text.replaceAll('\\', '/') }))
}

function modelPart(
  { node, input, file }: Reference,
  stated: readonly StatedModel[],
  known: readonly KnownModel[],
): DraftPart {
  const own = stated.filter(({ name }) => baseName(name) === baseName(file))
  const [first, ...others] = own
  if (first !== undefined)
    return foreignModel({
      sources: [...new Set([first, ...others].map(({ url }) => url))],
      path: `models/${first.directory}/${file}`,
      sha256: first.sha256,
    })
  const here = known.filter(({ path }) => path.endsWith(`/${file}`))
  const sources = new Map(here.map((model) => [model.source, model]))
  const [only] = sources.values()
  const category = guessCategory(node.type, input) ?? '?'
  if (only === undefined)
    return note('MODEL_NOT_FOUND', `${node.type ?? '-'} ${node.id}`, `${category}/${file}`)
  if (sources.size > 1) return note('MODEL_AMBIGUOUS', file, describe([...sources.keys()]))
  return knownPart(only)
}

/** A source of this machine's own specs may be a file. */
function knownPart({ source, path, sha256 }: KnownModel): DraftPart {
  const checksum = sha256 === null ? {} : { checksum: `sha256:${sha256}` }
  const slash = path.lastIndexOf('/')
  const place = { name: path.slice(slash + 1), target_subdir: path.slice(0, Math.max(slash, 0)) }
  return { models: [{ source, ...place, ...checksum }] }
}

function baseName(path: string): string {
  return path.replaceAll('\\', '/').split('/').at(-1) ?? path
}
