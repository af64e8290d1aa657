import { textAt, type JsonObject } from '../../comfy/json.ts'
import { repoName } from '../../spec/repo-address.ts'
import { note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { describe } from '../../spec/importers/shape.ts'
import type { KnownPack, PackFolder, PackSource } from './known-packs.ts'
import type { LiveNodes } from './live-nodes.ts'
import type { NodeMap } from './node-map.ts'
import type { UsedNode } from './workflow-nodes.ts'

/** Everything that may know which pack a node type belongs to. */
export interface PackSources {
  live: LiveNodes | null
  /** Node types of ComfyUI itself. */
  core: ReadonlySet<string>
  known: readonly KnownPack[]
  map: NodeMap
}

/** Who a node type belongs to. */
export type Owner =
  | { kind: 'core'; release: string | null }
  | { kind: 'registry'; id: string; version: string | null }
  | { kind: 'git'; repo: string; commit: string | null; folder: PackFolder | null }
  /** `keys`: of those that have the type, when there are several. */
  | { kind: 'unclear'; part: DraftPart; keys: readonly string[] }

/**
 * The owners of one node type. What the nodes themselves say comes first, then a running ComfyUI,
 * then ComfyUI's own types, which a pack cannot take over, then what was imported on this machine,
 * then the map; with several answers none is taken.
 */
export function ownersOf(type: string, nodes: readonly UsedNode[], sources: PackSources): Owner[] {
  const ids = describe(nodes.map(({ id }) => id))
  const active = nodes.filter(({ isInactive }) => !isInactive)
  if (active.length === 0) return [unclear('NODE_INACTIVE', type, ids)]
  const stated = active.flatMap(({ properties }) => statedOwner(properties) ?? [])
  if (stated.length > 0) return stated
  const owner =
    liveOwner(type, sources) ??
    (sources.core.has(type) ? { kind: 'core', release: null } : null) ??
    pick(type, importedFrom(type, sources.known)) ??
    pick(type, mappedRepos(type, sources.map))
  return [owner ?? unclear('NODE_UNKNOWN', type, ids)]
}

/** `cnr_id`, `aux_id` and `ver`, which the interface writes into each node (comfyui.md F8). */
function statedOwner(properties: JsonObject): Owner | null {
  return packOwner(
    textAt(properties, 'cnr_id'),
    textAt(properties, 'aux_id'),
    textAt(properties, 'ver'),
  )
}

/** A version that is a commit belongs to the repository, which only `aux_id` names. */
function packOwner(id: string | null, github: string | null, version: string | null): Owner | null {
  if (id === 'comfy-core') return { kind: 'core', release: version }
  const isRelease = /^\d+\./.test(version ?? '')
  const repo = /^[\w.-]+\/[\w.-]+$/.test(github ?? '') ? `https://github.com/${github}` : null
  if (repo !== null && (id === null || id === '' || !isRelease))
    return {
      kind: 'git',
      repo,
      commit: /^[0-9a-f]{7,40}$/.test(version ?? '') ? version : null,
      folder: null,
    }
  return id === null || id === ''
    ? null
    : { kind: 'registry', id, version: isRelease ? version : null }
}

/** The folder of a pack says who it is only together with its manager, or with a repository of its name. */
function liveOwner(type: string, { live, known, map }: PackSources): Owner | null {
  const owner = live?.ownerOf(type) ?? null
  if (owner === null) return null
  if (owner.core) return { kind: 'core', release: null }
  const pack = live?.packIn(owner.folder) ?? null
  const told = pack === null ? null : packOwner(pack.registry, pack.github, pack.version)
  if (told !== null) return told
  const all = [...known.map(({ source }) => withoutPin(source)), ...repoList(map.repos)]
  const named = all.filter((source) => folderOf(source) === owner.folder)
  return pick(type, named) ?? unclear('NODE_FOLDER', type, owner.folder)
}

function withoutPin(source: PackSource): PackSource {
  return 'repo' in source ? { ...source, commit: null } : { ...source, version: null }
}

function folderOf(source: PackSource): string {
  return 'repo' in source ? (source.folder?.name ?? repoName(source.repo)) : source.registry
}

function importedFrom(type: string, known: readonly KnownPack[]): PackSource[] {
  return known.filter(({ nodes }) => nodes.includes(type)).map(({ source }) => source)
}

function mappedRepos(type: string, map: NodeMap): PackSource[] {
  return repoList(map.packsOf(type))
}

function repoList(repos: readonly string[]): PackSource[] {
  return repos.map((repo) => ({ repo, commit: null, folder: null }))
}

/**
 * One pack, however many of its versions; the core wins, because packs repeat its nodes. A version
 * counts when it is the only one that was seen here.
 */
function pick(type: string, candidates: readonly PackSource[]): Owner | null {
  const packs = new Map(candidates.map((source) => [packKey(source), source]))
  if ([...packs.keys()].some((key) => CORE.test(key))) return { kind: 'core', release: null }
  const [first] = packs.values()
  if (first === undefined) return null
  if (packs.size > 1) {
    const part = note('NODE_AMBIGUOUS', type, describe([...packs.values()].map(sourceName)))
    return { kind: 'unclear', part, keys: [...packs.keys()] }
  }
  const pins = new Set(candidates.map((one) => ('repo' in one ? one.commit : one.version)))
  const [pin = null] = pins.size === 1 ? pins : []
  if ('registry' in first) return { kind: 'registry', id: first.registry, version: pin }
  return { kind: 'git', repo: first.repo, commit: pin, folder: first.folder }
}

/** Equal for two ways of writing the same pack. */
export function packKey(source: PackSource): string {
  if ('registry' in source) return source.registry.toLowerCase()
  const repo = source.repo.toLowerCase().replace(/(?:\.git)?\/*$/, '')
  return source.folder === null ? repo : `${repo} ${source.folder.subdir}`
}

function sourceName(source: PackSource): string {
  if ('registry' in source) return source.registry
  return source.folder === null ? source.repo : `${source.repo} ${source.folder.subdir}`
}

const CORE = /^https?:\/\/github\.com\/(?:comfyanonymous|comfy-org)\/comfyui$/

function unclear(code: Parameters<typeof note>[0], type: string, detail: string): Owner {
  return { kind: 'unclear', part: note(code, type, detail), keys: [] }
}
