import { readdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { isComfypinError } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { redact } from '../core/redact.ts'
import { categoryOf } from '../models/category.ts'
import { lookUpModels } from '../models/look-up-models.ts'
import { storePath } from '../models/placement.ts'
import { sourceIdentity } from '../models/source-identity.ts'
import { readRecords } from '../models/store.ts'
import { statIfExists } from '../platform/files.ts'
import { homeOf, modelsDirOf } from '../platform/paths.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { listSpecIds } from '../spec/locate.ts'
import { versionModels, type VersionModels } from './version-models.ts'

/** One model of the inventory (R188). */
export interface ListedModel {
  /** Without credentials; null: nobody recorded where the file came from. */
  source: string | null
  /** Absolute; null: only the source knows its name. */
  path: string | null
  category: string | null
  /** Bytes on the disk; null for one that is not there. */
  size: number | null
  present: boolean
  /** Ids of the versions that name its source. */
  versions: string[]
}

export interface ModelList {
  version_id: string | null
  models_dirs: string[]
  models: ListedModel[]
}

/**
 * The models of one version, or all that are in the model stores or wanted by a version. Nothing but
 * a name that neither lock nor store knows is asked of the network, and for one version alone.
 * @param selector null: everything
 */
export async function listModels(ctx: Ctx, selector: SpecSelector | null): Promise<ModelList> {
  const all = await readableVersions(ctx)
  if (selector === null) return listStores(ctx, all)
  const version = await versionModels(ctx, selector)
  const others = all.filter(({ id }) => id !== version.id)
  return {
    version_id: version.id,
    models_dirs: [version.roots.modelsDir],
    models: modelsOf(ctx, version, usersOf([...others, version])),
  }
}

/** Specs with mistakes are the business of other commands. */
async function readableVersions(ctx: Ctx): Promise<VersionModels[]> {
  const quiet: Ctx = { ...ctx, emit: ignoreEvents, settings: { ...ctx.settings, offline: true } }
  const read = listSpecIds(ctx.settings.versionsDir).map(async (id) => {
    try {
      return [await versionModels(quiet, { id, path: null })]
    } catch (error) {
      if (isComfypinError(error)) return []
      throw error
    }
  })
  return (await Promise.all(read)).flat()
}

type Users = ReadonlyMap<string, readonly string[]>

/** Ids of versions by canonical source. */
function usersOf(versions: readonly VersionModels[]): Users {
  const users = new Map<string, string[]>()
  for (const { id, models, unnamed } of versions)
    for (const source of new Set(
      [...models, ...unnamed].map((model) => sourceIdentity(model.source, '/')),
    ))
      users.set(source, [...(users.get(source) ?? []), id].toSorted())
  return users
}

function modelsOf(ctx: Ctx, version: VersionModels, users: Users): ListedModel[] {
  const { models, unnamed, roots } = version
  const named = lookUpModels(ctx, roots, models, '/').map((fact) => ({
    ...fact,
    size: fact.present ? fact.size : null,
  }))
  const others = unnamed.map((model) => ({ ...model, path: null, size: null, present: false }))
  return [...named, ...others].map(({ source, path, category, size, present }) => ({
    source: redact(source),
    path,
    category,
    size,
    present,
    versions: [...(users.get(sourceIdentity(source, '/')) ?? [])],
  }))
}

function listStores(ctx: Ctx, versions: readonly VersionModels[]): ModelList {
  const users = usersOf(versions)
  const dirs = storesOf(ctx, versions)
  const recorded = dirs.flatMap((dir) => recordedModels(dir, users))
  const known = new Set(recorded.map(placeOf))
  const wanted = versions
    .flatMap((version) => modelsOf(ctx, version, users))
    .filter((model) => !known.has(placeOf(model)) && known.add(placeOf(model)))
  const others = dirs
    .flatMap((dir) => filesIn(dir).map((path) => unrecorded(dir, path)))
    .filter((model) => !known.has(placeOf(model)))
  const models = [...recorded, ...wanted, ...others]
  return {
    version_id: null,
    models_dirs: dirs,
    models: models.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)),
  }
}

/** What two versions share: a path or, where nobody knows that, a source. */
function placeOf({ path, source }: ListedModel): string {
  return path ?? `~${source}`
}

/** Without `MODELS_DIR` and a volume every home has a store of its own. */
function storesOf({ settings }: Ctx, versions: readonly VersionModels[]): string[] {
  const ids = versions.map(({ id }) => id)
  const dirs = ids.map((id) => modelsDirOf(settings, homeOf(settings, id)))
  return [...new Set([...(settings.modelsDir === null ? [] : [settings.modelsDir]), ...dirs])]
}

function recordedModels(dir: string, users: Users): ListedModel[] {
  return readRecords(dir).map(({ source, path }) => {
    const size = sizeOnDisk(join(dir, path))
    return {
      source,
      path: join(dir, path),
      category: path.startsWith('.') ? null : categoryOf({ root: 'models', target_path: path }),
      size,
      present: size !== null,
      versions: [...(users.get(source) ?? [])],
    }
  })
}

function unrecorded(dir: string, path: string): ListedModel {
  const category = categoryOf({ root: 'models', target_path: storePath(dir, path) })
  const size = sizeOnDisk(path)
  return { source: null, path, category, size, present: size !== null, versions: [] }
}

function sizeOnDisk(path: string): number | null {
  const stats = statIfExists(path)
  return stats?.isFile() === true ? stats.size : null
}

/** Links are second names of files that are listed already. */
function filesIn(dir: string): string[] {
  if (statIfExists(dir) === null) return []
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.name.startsWith('.')) return []
    return entry.isDirectory() ? filesIn(path) : isModel(entry) ? [path] : []
  })
}

/** Unfinished downloads, and the notes that ComfyUI puts into empty folders, are none. */
function isModel(entry: Dirent): boolean {
  return entry.isFile() && !/\.part(?:\.json)?$|^put_.*_here$/.test(entry.name)
}
