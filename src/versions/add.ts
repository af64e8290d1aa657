import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { loadSpec, type LoadedSpec } from '../resolve/load-spec.ts'
import type { DraftNote } from '../spec/draft.ts'
import { isRecord } from '../spec/parse-entries.ts'
import type { RawEntry } from '../spec/parse-pack-argument.ts'
import { editSpecText, type SpecEdit } from '../spec/write-edits.ts'
import { readParts, type PartFlags, type ReadParts } from './create-parts.ts'
import { modelKey, packageKey, packKey, type WrittenParts } from './create-spec.ts'
import { settleTree } from './create-tree.ts'
import { scriptModels } from './script-models.ts'
import {
  saveEdited,
  withSpecLock,
  type EditDone,
  type EditOptions,
  type EditResult,
} from './edit-save.ts'
import { namingSideFiles } from './side-origins.ts'

export interface AddRequest extends EditOptions {
  parts: PartFlags
  /** Where relative paths of arguments start. */
  cwd: string
  /** Also the models that the install scripts of the version's packs would download. */
  fromInstallScripts?: boolean
}

export interface AddResult extends EditResult {
  notes: readonly DraftNote[]
}

/**
 * Put packs, models, packages and variables into a spec that is there. What has the same name (of a
 * model: the same source) takes over the new pins and keeps its other fields. The rest of the file
 * stays as its author wrote it.
 * @throws SPEC_NOT_FOUND, SPEC_INVALID, ARGUMENT_INVALID, PACKS_NOT_CACHED, and what resolve throws
 */
export async function addToVersion(ctx: Ctx, id: string, request: AddRequest): Promise<AddResult> {
  const { parts, origins, problems, notes } = await readParts(request.parts, request.cwd)
  if (problems.length > 0)
    throw new ComfypinError('ARGUMENT_INVALID', { problems: problems.join('\n') })
  return withSpecLock(ctx, id, request, async () => {
    const before = loadSpec({ ...ctx, emit: ignoreEvents }, { id, path: null })
    const found = request.fromInstallScripts
      ? await scriptModels(ctx, before)
      : { models: [], notes: [] }
    const named = new Set(parts.models.map(modelKey)) // what is named here is meant as it is written
    const models = found.models.filter((model) => !named.has(modelKey(model)))
    const all = { ...parts, models: [...parts.models, ...models] }
    return {
      ...(await addParts(ctx, before, { parts: all, origins }, request)),
      notes: [...notes, ...found.notes],
    }
  })
}

async function addParts(
  ctx: Ctx,
  before: LoadedSpec,
  { parts: read, origins }: Pick<ReadParts, 'parts' | 'origins'>,
  request: EditOptions,
): Promise<EditResult> {
  const ask = request.resolve && !(ctx.settings.offline ?? before.spec.options.offline)
  const packs = await Promise.all(read.custom_nodes.map((pack) => settleTree(ctx, pack, ask)))
  const parts = { ...read, custom_nodes: packs }
  const { edits, done } = planAdd(JSON.parse(before.text), parts)
  const saved = await namingSideFiles(
    origins,
    parts,
    () => JSON.parse(editSpecText(before.text, edits)),
    () => saveEdited(ctx, before, edits, request),
  )
  const { file, spec } = before
  return { version_id: spec.version_id, file, dry_run: request.dryRun, edits: done, ...saved }
}

/** The edits that bring the parts into the data of a spec. */
function planAdd(spec: unknown, parts: WrittenParts): { edits: SpecEdit[]; done: EditDone[] } {
  const raw = isRecord(spec) ? spec : {}
  const plans = [
    ...planList(raw, 'custom_nodes', 'pack', parts.custom_nodes, packKey),
    ...planList(raw, 'models', 'model', parts.models, modelKey),
    ...planList(raw, 'python_packages', 'package', parts.python_packages, packageKey),
    ...Object.entries(parts.env).map(([name, value]): Planned => {
      const isThere = isRecord(raw['env']) && Object.hasOwn(raw['env'], name)
      return {
        edit: { kind: 'set', path: ['env', name], value },
        done: { part: 'env', name, action: isThere ? 'replaced' : 'added' },
      }
    }),
  ]
  return { edits: plans.map(({ edit }) => edit), done: plans.map(({ done }) => done) }
}

interface Planned {
  edit: SpecEdit
  done: EditDone
}

function planList(
  raw: RawEntry,
  list: string,
  part: EditDone['part'],
  added: readonly unknown[],
  keyOf: (value: unknown) => string | null,
): Planned[] {
  const present: readonly unknown[] = Array.isArray(raw[list]) ? raw[list] : []
  return added.map((value) => {
    const key = keyOf(value)
    const at = key === null ? -1 : present.findIndex((one) => keyOf(one) === key)
    const name = key ?? String(value)
    if (at < 0)
      return {
        edit: { kind: 'append', path: [list], value },
        done: { part, name, action: 'added' },
      }
    return {
      edit: { kind: 'set', path: [list, at], value: overlay(present[at], value) },
      done: { part, name, action: 'replaced' },
    }
  })
}

/** Where a pack comes from is replaced as a whole: an old commit beside a new ref would win. */
function overlay(old: unknown, value: unknown): unknown {
  if (!isRecord(old) || !isRecord(value)) return value
  const { ref: _ref, commit: _commit, version: _version, ...rest } = old
  return { ...rest, ...value }
}
