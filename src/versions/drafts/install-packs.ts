import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { readCheckout, type FoundCheckout } from '../../git/read-checkout.ts'
import { lstatIfExists, readlinkIfExists } from '../../platform/files.ts'
import { namesOrNone, readSmallText, statOrNone } from '../../platform/small-files.ts'
import { isPackName, repoName } from '../../spec/repo-address.ts'
import { joinParts, note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { registryPack } from '../../spec/importers/foreign-pack.ts'
import { describe } from '../../spec/importers/shape.ts'
import { installedRepo, refField, repoNotes } from './installed-repo.ts'
import { readProject, type PackProject } from './pack-project.ts'
import type { StateTaker } from '../state/take-state.ts'
import { addedToPackage } from './tracked-files.ts'

/** Files that every ComfyUI has in `custom_nodes` itself. */
const CORE_FILES = ['websocket_image_save.py', 'example_node.py.example']

/**
 * Every pack of a `custom_nodes` folder, and what in it is none.
 * @param taker gets what each pack's folder holds besides the pack; null: that becomes notes
 */
export async function packsPart(
  ctx: Ctx,
  customNodes: string,
  taker: StateTaker | null = null,
): Promise<DraftPart> {
  const parts: DraftPart[] = []
  for (const name of namesOrNone(customNodes))
    parts.push(await entryPart(ctx, customNodes, name, taker))
  const disabled = namesOrNone(join(customNodes, '.disabled'))
  return joinParts([...parts, ...disabled.map((name) => note('PACK_DISABLED', name, '.disabled'))])
}

async function entryPart(
  ctx: Ctx,
  folder: string,
  name: string,
  taker: StateTaker | null,
): Promise<DraftPart> {
  const path = join(folder, name)
  if (name.startsWith('.') || name === '__pycache__' || CORE_FILES.includes(name)) return {}
  if (name.endsWith('.disabled')) return note('PACK_DISABLED', name, path)
  const stats = statOrNone(path)
  if (stats === null) return note('LINK_BROKEN', name, readlinkIfExists(path) ?? '')
  if (stats.isFile()) return name.endsWith('.py') ? note('PACK_FILE', name, path) : {}
  if (!stats.isDirectory()) return {}
  const isLink = lstatIfExists(path)?.isSymbolicLink() === true
  const dir = isLink ? realpathSync(path) : path
  return joinParts([
    isLink ? note('PACK_LINKED', name, dir) : {},
    (await gitPart(ctx, dir, name, taker)) ?? (await packagePart(dir, name, taker)),
  ])
}

/** A checkout is pinned by its commit, also where the registry knows the pack (`nightly`). */
async function gitPart(
  ctx: Ctx,
  dir: string,
  name: string,
  taker: StateTaker | null,
): Promise<DraftPart | null> {
  const found = await readCheckout(ctx, dir)
  if (found === null) return null
  const remote = installedRepo(found.remote, dir)
  if (remote === null || found.commit === null || !isPackName(name))
    return note('PACK_UNKNOWN', name, describe(found.commit ?? found.remote ?? '-'))
  const pack = {
    repo: remote.repo,
    ...refField(found),
    commit: found.commit,
    ...(repoName(remote.repo) === name ? {} : { name }),
  }
  return joinParts([
    { packs: [pack] },
    ...repoNotes(name, remote, taker === null ? found : takeChanges(taker, dir, name, found)),
  ])
}

/** @returns what is left to be told: files of the commit that are gone cannot be put beside a spec */
function takeChanges(taker: StateTaker, dir: string, name: string, found: FoundCheckout) {
  const changed = found.changed ?? []
  const isGone = (path: string) => lstatIfExists(join(dir, path)) === null
  const kept = changed.filter((path) => !isGone(path))
  taker.take(name, dir, [...kept, ...found.added.map(({ path }) => path)])
  return { ...found, changed: changed.filter(isGone), added: [] }
}

/** ComfyUI-Manager leaves `.tracking`, a list of files, in what it took from the registry. */
async function packagePart(
  dir: string,
  name: string,
  taker: StateTaker | null,
): Promise<DraftPart> {
  const project = await readProject(dir)
  const tracking = readSmallText(join(dir, '.tracking'), MAX_BYTES)
  if (project?.id == null || tracking === null) return note('PACK_UNKNOWN', name, hint(project))
  const added = addedToPackage(dir, tracking)
  taker?.take(name, dir, added)
  return joinParts([
    registryPack(project.id, project.version, name),
    added.length === 0 || taker !== null ? {} : note('FILES_ADDED', name, describe(added)),
  ])
}

const MAX_BYTES = 8 * 2 ** 20

/** What the folder says of itself; not taken over, because nobody installed it by that name. */
function hint(project: PackProject | null): string {
  if (project === null) return '-'
  const { id, version, repository } = project
  return describe([id === null ? '' : `${id}@${version ?? '?'}`, repository ?? ''].join(' ').trim())
}
