import { compareReleases } from '../../python/package-names.ts'
import { repoName } from '../../spec/repo-address.ts'
import { joinParts, note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { DEFAULT_CORE } from '../../spec/default-core.ts'
import { releaseTag } from '../../spec/importers/foreign-core.ts'
import { gitPack, registryPack } from '../../spec/importers/foreign-pack.ts'
import { describe } from '../../spec/importers/shape.ts'
import { ownersOf, packKey, type Owner, type PackSources } from './node-owner.ts'
import type { UsedNode } from './workflow-nodes.ts'

/** Nodes of the interface alone: no class on the server. */
const VIRTUAL = new Set(['', 'Note', 'MarkdownNote', 'Reroute', 'PrimitiveNode'])

/** The packs that the active nodes of a workflow need, each once, and the core that saved it. */
export function packsOfNodes(nodes: readonly UsedNode[], sources: PackSources): DraftPart {
  const real = nodes.filter(({ type }) => type !== null && !VIRTUAL.has(type))
  const owners = [...groupBy(real, ({ type }) => type ?? '')].flatMap(([type, used]) =>
    ownersOf(type, used, sources),
  )
  return joinParts([
    coreOf(owners),
    ...[...groupBy(owners, keyOf)].map(([, same]) => packOf(same)),
    ...openQuestions(owners),
  ])
}

/** A type that one of the packs has that are needed anyway asks for nothing more. */
function openQuestions(owners: readonly Owner[]): DraftPart[] {
  const needed = new Set(owners.map(keyOf))
  // a registry package is called after its repository
  const isNeeded = (key: string) => needed.has(key) || needed.has(repoName(key).toLowerCase())
  return owners.flatMap((owner) =>
    owner.kind === 'unclear' && owner.keys.filter(isNeeded).length !== 1 ? [owner.part] : [],
  )
}

function keyOf(owner: Owner): string {
  if (owner.kind === 'registry') return packKey({ registry: owner.id, version: null })
  return owner.kind === 'git' ? packKey(owner) : owner.kind
}

/** The newest release that any node was saved with: older nodes load in it. */
function coreOf(owners: readonly Owner[]): DraftPart {
  const releases = distinct(owners.map((owner) => (owner.kind === 'core' ? owner.release : null)))
  const [newest, ...others] = releases
    .filter((release) => /^\d+(?:\.\d+)+$/.test(release))
    .toSorted((a, b) => compareReleases(b, a))
  const ref = releaseTag(newest)
  if (ref === null) return {}
  return joinParts([
    { comfy: { repo: DEFAULT_CORE, ref } },
    note('CORE_FROM_WORKFLOW', ref, describe(others)),
  ])
}

/** Owners of the same pack; each may say another version. */
function packOf(owners: readonly Owner[]): DraftPart {
  const [first] = owners
  if (first?.kind === 'registry') {
    const versions = distinct(owners.map((one) => (one.kind === 'registry' ? one.version : null)))
    const newest = versions.toSorted((a, b) => compareReleases(b, a))
    return joinParts([
      registryPack(first.id, newest[0]),
      versions.length > 1 ? note('PACK_VERSIONS', first.id, describe(newest)) : {},
    ])
  }
  if (first?.kind !== 'git') return {}
  const commits = distinct(owners.map((one) => (one.kind === 'git' ? one.commit : null)))
  // Nobody can tell which of two commits is newer.
  const ref = commits.length === 1 ? commits[0] : null
  return joinParts([
    gitPack(first.repo, { ref, ...first.folder }),
    commits.length > 1 ? note('PACK_NOT_PINNED', first.repo, describe(commits)) : {},
  ])
}

function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))]
}

function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOfItem(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
