import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { redactDeep } from '../core/redact.ts'
import { maskSecrets } from '../core/secret-names.ts'
import { writeAtomic } from '../platform/files.ts'
import { cachePaths } from '../platform/paths.ts'
import { expandHome } from '../platform/settings.ts'
import { diffLocks, type LockChange } from '../resolve/lock-diff.ts'
import { loadSpecText } from '../resolve/load-spec.ts'
import { resolveVersion, saveLock, type Resolution } from '../resolve/resolve.ts'
import { DEFAULT_CORE } from '../spec/default-core.ts'
import type { DraftNote } from '../spec/draft.ts'
import { isRecord } from '../spec/parse-entries.ts'
import { repoEntry, type RawEntry } from '../spec/parse-pack-argument.ts'
import { show } from '../spec/problems.ts'
import { parseRepoArgument } from '../spec/parse-repo-argument.ts'
import { parseSpecData } from '../spec/parse-side-file.ts'
import { specText } from '../spec/write-spec.ts'
import { checksumsOf } from './create-checksums.ts'
import { problemOf, readParts, readUserFile, type PartFlags } from './create-parts.ts'
import { buildSpec, type WrittenParts } from './create-spec.ts'
import { withoutState, withState } from './create-state.ts'
import { settleTree } from './create-tree.ts'
import type { KnownPins, VersionDraft } from './drafts/types.ts'
import { folderNotes } from './folder-notes.ts'
import { namingSideFiles, type SideOrigins } from './side-origins.ts'
import { requireFreeSpec, specFileOf } from './spec-file.ts'
import { requireFreeState } from './state/place-state.ts'
import { shownState, type TakenState } from './state/shown-state.ts'
import { writeVersion } from './write-version.ts'

export interface CreateRequest {
  /** What another tool's file, an install or a workflow tells; flags go over it. */
  draft: VersionDraft | null
  /** A spec or a part of one to begin with: JSON, or the path of a JSON or YAML file. */
  base: string | null
  /** The core as typed; `@ref` alone is a ref of the default one. */
  core: string | null
  parts: PartFlags
  /** Where relative paths of arguments start. */
  cwd: string
  /** Replace a spec that is there; it is kept as `<id>.json.bak`. */
  force: boolean
  /** Ask the remotes for commits and write the lock. */
  resolve: boolean
  dryRun: boolean
  /** Folder whose files give `checksum`; null: none is computed. */
  checksumRoot: string | null
}

export interface CreateResult {
  version_id: string
  /** Path of the spec. */
  file: string
  dry_run: boolean
  /** Where the spec that was replaced is kept. */
  kept: string | null
  /** As written, without credentials. */
  spec: unknown
  /** True when no core was named and ComfyUI's own repository was taken. */
  default_core: boolean
  /** Path of the lock; null: not resolved. */
  lock: string | null
  /** Path of the Python lock, which only a bundle brings; null: there is none yet. */
  pylock: string | null
  pins: LockChange[]
  /** Files of packs that came along. */
  state: TakenState[]
  /** Where the folder of state that was replaced is kept. */
  kept_state: string | null
  notes: readonly DraftNote[]
}

/**
 * Make a new version from arguments (R94–R97). Everything is read and judged before anything is
 * written: the spec by the same parser as on every later day, then its pins by the remotes. A failure
 * leaves nothing behind.
 * @throws ID_INVALID, SPEC_EXISTS, FILE_EXISTS, ARGUMENT_INVALID, SPEC_INVALID, and what resolve throws
 */
export async function createVersion(
  ctx: Ctx,
  id: string,
  request: CreateRequest,
): Promise<CreateResult> {
  try {
    return await create(ctx, id, request)
  } finally {
    const scratch = request.draft?.scratch
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  }
}

async function create(ctx: Ctx, id: string, request: CreateRequest): Promise<CreateResult> {
  const { draft, force, dryRun } = request
  const file = specFileOf(ctx.settings, id)
  requireFreeSpec(file, id, force)
  const { raw, notes, parts, origins } = await assemble(ctx, id, request)
  const { sums, stated, text, resolution } = await namingSideFiles(
    origins,
    parts,
    () => raw,
    () => judge(ctx, { file, id, raw }, request),
  )
  const written = dryRun
    ? { kept: null, keptState: null }
    : writeVersion(file, id, { text, state: stated.packs, force })
  const pylock = savePins(ctx, id, resolution, draft?.pins ?? null, dryRun)
  return {
    version_id: id,
    file,
    dry_run: dryRun,
    kept: written.kept,
    spec: shownSpec(stated.raw),
    default_core: isDefaultCore(request, stated.raw),
    lock: resolution?.file ?? null,
    pylock,
    pins: resolution === null ? [] : diffLocks(null, resolution.lock),
    state: shownState(stated.packs),
    kept_state: written.keptState,
    notes: [...notes, ...sums.notes, ...stated.notes, ...folderNotes(listOf(stated.raw['models']))],
  }
}

/** The text to write, the state beside it, and the pins of all that it names. */
async function judge(
  ctx: Ctx,
  { file, id, raw }: { file: string; id: string; raw: RawEntry },
  { draft, force, checksumRoot, resolve: isResolved }: CreateRequest,
) {
  const sums = await withChecksums(ctx, file, raw, checksumRoot)
  const stated = withState(ctx, { file, id, raw: sums.raw }, draft?.state ?? [])
  requireFreeState(file, id, stated.packs, force)
  const text = specText(stated.raw)
  const loaded = loadSpecText(ctx, { file, text })
  const known = draft?.pins?.lock
  const resolution = isResolved
    ? await resolveVersion(ctx, loaded, {
        refresh: known === undefined,
        offline: ctx.settings.offline ?? loaded.spec.options.offline,
        ...(known === undefined ? {} : { known }),
      })
    : null
  return { sums, stated, text, resolution }
}

/** @returns the path of the Python lock, which says itself whether it still fits */
function savePins(
  { settings }: Ctx,
  id: string,
  resolution: Resolution | null,
  pins: KnownPins | null,
  dryRun: boolean,
): string | null {
  if (resolution === null) return null
  if (!dryRun) saveLock(resolution)
  const text = pins?.pylock ?? null
  if (text === null) return null
  const path = cachePaths(settings.cacheRoot).pylock(id)
  if (!dryRun) writeAtomic(path, text)
  return path
}

function shownSpec(raw: RawEntry): unknown {
  const { env } = raw
  return redactDeep(JSON.parse(specText({ ...raw, env: isRecord(env) ? maskSecrets(env) : env })))
}

/** @throws ARGUMENT_INVALID with every argument that cannot be read */
async function assemble(
  ctx: Ctx,
  id: string,
  { draft, base, core, parts: flags, cwd, resolve: mayAsk }: CreateRequest,
): Promise<{ raw: RawEntry; notes: DraftNote[]; parts: WrittenParts; origins: SideOrigins }> {
  const { parts: read, origins, problems, notes } = await readParts(flags, cwd)
  const start = base === null ? (draft?.spec ?? {}) : await readBase(base, cwd)
  if (typeof start === 'string') problems.push(problemOf('json-spec', base ?? '', start))
  const named = core === null ? null : readCore(core, cwd)
  if (typeof named === 'string') problems.push(problemOf('comfy', core ?? '', named))
  if (problems.length > 0 || typeof start === 'string' || typeof named === 'string')
    throw new ComfypinError('ARGUMENT_INVALID', { problems: problems.join('\n') })
  const ask = mayAsk && !(ctx.settings.offline ?? isOffline(start))
  const packs = read.custom_nodes.map((pack) => settleTree(ctx, pack, ask))
  const parts = { ...read, custom_nodes: await Promise.all(packs) }
  const own = named ?? ('comfy' in start ? null : { repo: DEFAULT_CORE })
  const begun = withoutState({ ...start }, id, draft !== null)
  const raw = buildSpec(id, begun.spec, own, parts)
  const told = [...(draft?.notes ?? []), ...idNotes(id, start), ...begun.notes, ...notes]
  return { raw, notes: told, parts, origins }
}

function isOffline(base: object): boolean {
  const options = 'options' in base ? base.options : null
  return isRecord(options) && /^(?:1|true)$/i.test(String(options['offline']))
}

async function readBase(text: string, cwd: string): Promise<RawEntry | string> {
  if (/^\s*\{/.test(text)) return parseSpecData(text)
  const file = readUserFile(resolve(cwd, expandHome(text)))
  return typeof file === 'string' ? file : parseSpecData(file.text)
}

/** A core has no folder below its repository. */
function readCore(text: string, cwd: string): RawEntry | string {
  const read = parseRepoArgument(text.startsWith('@') ? DEFAULT_CORE + text : text, cwd)
  if (typeof read === 'string') return read
  const { repo, ref, tree } = read
  return repoEntry({ repo, ref: tree ?? ref, subdir: null })
}

/** What `--json-spec` calls itself is not what the new version is called. */
function idNotes(id: string, base: object): DraftNote[] {
  const other = 'version_id' in base ? base.version_id : 'id' in base ? base.id : undefined
  if (other === undefined || other === id) return []
  return [{ code: 'ID_REPLACED', subject: id, detail: show(other) }]
}

async function withChecksums(
  ctx: Ctx,
  file: string,
  raw: RawEntry,
  root: string | null,
): Promise<{ raw: RawEntry; notes: DraftNote[] }> {
  if (root === null) return { raw, notes: [] }
  const quiet = { ...ctx, emit: ignoreEvents } // its warnings come with the final text
  const { spec } = loadSpecText(quiet, { file, text: specText(raw) })
  const { checksums, notes } = await checksumsOf(ctx, spec.models, root)
  const models = listOf(raw['models']).map((model, index) => {
    const checksum = checksums.get(index)
    return isRecord(model) && checksum !== undefined ? { ...model, checksum } : model
  })
  return { raw: { ...raw, models }, notes }
}

function isDefaultCore({ core, draft, base }: CreateRequest, { comfy }: RawEntry): boolean {
  const given = core !== null || draft?.spec.comfy !== undefined
  return !given && base === null && isRecord(comfy) && comfy['repo'] === DEFAULT_CORE
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
