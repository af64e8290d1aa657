import { existsSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { canonicalOf, sourceIdentity } from '../models/source-identity.ts'
import { isComplete } from '../platform/checkout-tree.ts'
import type { ScriptModel } from '../python/read-install-scripts.ts'
import { readPackScripts } from '../realize/install-scripts.ts'
import { createJob, type RealizeJob } from '../realize/job.ts'
import { createPythonTools } from '../realize/steps/python-tools.ts'
import type { LoadedSpec } from '../resolve/load-spec.ts'
import { assignTargets } from '../resolve/model-targets.ts'
import { resolveVersion } from '../resolve/resolve.ts'
import type { DraftNote } from '../spec/draft.ts'
import { namesFile, readTarget } from '../spec/model-target.ts'
import type { RawEntry } from '../spec/parse-pack-argument.ts'
import type { Spec } from '../spec/types.ts'

export interface ScriptModels {
  models: RawEntry[]
  notes: DraftNote[]
}

/**
 * Models that the install scripts of a version's packs would download and its spec does not have, as
 * entries. Where one goes is what the script says, never a guess: what it does not say is a note.
 * @throws PACKS_NOT_CACHED: only what is here can be read
 */
export async function scriptModels(ctx: Ctx, loaded: LoadedSpec): Promise<ScriptModels> {
  const job = await jobOf(ctx, loaded)
  requireCheckouts(job)
  const python = existsSync(job.home.python)
    ? job.home.python
    : (await createPythonTools(job).interpreter(ctx)).path
  const base = dirname(loaded.file)
  const known = new Set(loaded.spec.models.map(({ source }) => sourceIdentity(source, base)))
  const taken = targetsOf(loaded.spec)
  const found: ScriptModels = { models: [], notes: [] }
  for (const { pack, models } of await readPackScripts(ctx, job, python))
    for (const model of models) {
      const identity = sourceIdentity(model.url, base)
      if (known.has(identity)) continue
      known.add(identity)
      takeModel(found, taken, pack, model)
    }
  return found
}

/** Nothing is asked for: what is not pinned is not here either. */
async function jobOf(ctx: Ctx, loaded: LoadedSpec): Promise<RealizeJob> {
  const quiet = { ...ctx, emit: ignoreEvents }
  const { lock, text } = await resolveVersion(quiet, loaded, {
    refresh: false,
    offline: true,
    readOnly: true,
    partial: true,
  })
  const input = { specText: loaded.text, lock, lockText: text, upgrade: false }
  return createJob(ctx, { ...input, check: 'none' })
}

function requireCheckouts({ id, packs }: RealizeJob): void {
  const absent = packs.filter(({ checkout }) => checkout === null || !isComplete(checkout))
  if (absent.length === 0) return
  const names = absent.map(({ pack }) => pack.name).join(', ')
  throw new ComfypinError('PACKS_NOT_CACHED', { id, names })
}

/** Where the models of the spec go, as far as it tells. */
function targetsOf({ models }: Spec): Set<string> {
  const { models: placed } = assignTargets(models)
  return new Set(placed.map(({ model, target_path }) => keyOf(model.target.root, target_path)))
}

/** Two names that are one file on macOS and Windows are one name. */
function keyOf(root: string, path: string): string {
  return `${root}/${path}`.normalize('NFC').toLowerCase()
}

function takeModel(
  { models, notes }: ScriptModels,
  taken: Set<string>,
  pack: string,
  { url, places }: ScriptModel,
): void {
  const entry = places.length === 1 ? entryOf(url, pack, places[0] ?? '') : null
  if (entry === null) {
    const detail = places.length > 1 ? `${pack} (${places.join(', ')})` : pack
    notes.push({ code: 'SCRIPT_MODEL_FOLDER', subject: url, detail })
  } else if (taken.has(entry.key)) {
    notes.push({ code: 'MODEL_TWICE', subject: entry.path, detail: url })
  } else {
    taken.add(entry.key)
    models.push(entry.raw)
  }
}

interface Entry {
  raw: RawEntry
  /** Where it goes, below its root. */
  path: string
  key: string
}

/**
 * null: an address or a folder that no spec may name, or the top of the store, where no loader looks.
 */
function entryOf(url: string, pack: string, place: string): Entry | null {
  if (canonicalOf(url, '/') === null) return null
  const path = place.replace(/^\$PACK(?=\/|$)/, `$COMFY_HOME/custom_nodes/${pack}`)
  const own = posix.basename(new URL(url).pathname)
  const isFile = namesFile(posix.basename(path))
  const name = isFile ? posix.basename(path) : own
  const folder = isFile ? posix.dirname(path) : path
  const below = /^\$MODELS_DIR\/(.+)$/.exec(folder)?.[1]
  const fields =
    below !== undefined && name === own
      ? { target_subdir: below }
      : { target_path: name === own ? `${folder}/` : `${folder}/${name}` }
  const read = readTarget(fields, {})
  if (typeof read === 'string' || read.target.dir === '') return null
  const { root, dir } = read.target
  const target = `${dir}/${name}`
  return { raw: { source: url, ...fields }, path: target, key: keyOf(root, target) }
}
