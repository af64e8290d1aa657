import { textAt, type JsonObject } from '../../comfy/json.ts'
import { repoName } from '../../spec/repo-address.ts'
import { note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { describe } from '../../spec/importers/shape.ts'
import type { KnownPack } from './known-packs.ts'
import type { LiveNodes } from './live-nodes.ts'
import type { NodeMap } from './node-map.ts'
import type { UsedNode } from './workflow-nodes.ts'

/** Everything that may know which pack a node type belongs to. */
export interface PackSources {
  live: LiveNodes | null
  known: readonly KnownPack[]
  map: NodeMap
}

/** Who a node type belongs to. */
export type Owner =
  | { kind: 'core'; release: string | null }
  | { kind: 'registry'; id: string; version: string | null }
  | { kind: 'git'; repo: string; commit: string | null }
  /** `repos`: those that have the type, when there are several. */
  | { kind: 'unclear'; part: DraftPart; repos: readonly string[] }

/**
 * The owners of one node type. What the nodes themselves say comes first, then a running ComfyUI,
 * then what was imported on this machine, then the map; with several answers none is taken.
 */
export function ownersOf(type: string, nodes: readonly UsedNode[], sources: PackSources): Owner[] {
  const ids = describe(nodes.map(({ id }) => id))
  const active = nodes.filter(({ isInactive }) => !isInactive)
  if (active.length === 0) return [unclear('NODE_INACTIVE', type, ids)]
  const stated = active.flatMap(({ properties }) => statedOwner(properties) ?? [])
  if (stated.length > 0) return stated
  const owner =
    liveOwner(type, sources) ??
    pick(type, importedRepos(type, sources.known)) ??
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
    return { kind: 'git', repo, commit: /^[0-9a-f]{7,40}$/.test(version ?? '') ? version : null }
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
  const repos = [...known.map(({ repo }) => ({ repo, commit: null })), ...repoList(map.repos)]
  const named = repos.filter(({ repo }) => repoName(repo) === owner.folder)
  return pick(type, named) ?? unclear('NODE_FOLDER', type, owner.folder)
}

interface Candidate {
  repo: string
  commit: string | null
}

/** The commit counts when it is the only one that was seen here. */
function importedRepos(type: string, known: readonly KnownPack[]): Candidate[] {
  return known.filter(({ nodes }) => nodes.includes(type))
}

function mappedRepos(type: string, map: NodeMap): Candidate[] {
  return repoList(map.packsOf(type))
}

function repoList(repos: readonly string[]): Candidate[] {
  return repos.map((repo) => ({ repo, commit: null }))
}

/** One repository, or several commits of one; the core wins, because packs repeat its nodes. */
function pick(type: string, candidates: readonly Candidate[]): Owner | null {
  const repos = new Map(candidates.map(({ repo }) => [normal(repo), repo]))
  if ([...repos.keys()].some((key) => CORE.test(key))) return { kind: 'core', release: null }
  const [first] = repos.values()
  if (first === undefined) return null
  if (repos.size > 1) {
    const all = [...repos.values()]
    return { kind: 'unclear', part: note('NODE_AMBIGUOUS', type, describe(all)), repos: all }
  }
  const commits = new Set(candidates.map(({ commit }) => commit))
  const [commit = null] = commits
  return { kind: 'git', repo: first, commit: commits.size === 1 ? commit : null }
}

const CORE = /^https?:\/\/github\.com\/(?:comfyanonymous|comfy-org)\/comfyui$/

function normal(repo: string): string {
  return repo.toLowerCase().replace(/(?:\.git)?\/*$/, '')
}

function unclear(code: Parameters<typeof note>[0], type: string, detail: string): Owner {
  return { kind: 'unclear', part: note(code, type, detail), repos: [] }
}
