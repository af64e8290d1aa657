import { join, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { say } from '../core/messages.ts'
import { expandHome } from '../platform/settings.ts'
import { sharedModelsDir } from '../platform/paths.ts'
import { assignTargets } from '../resolve/model-targets.ts'
import type { DraftNote } from '../spec/draft.ts'
import type { RawEntry } from '../spec/parse-pack-argument.ts'
import { formatPath } from '../spec/positions.ts'
import { SpecInvalidError, type PlacedProblem } from '../spec/problems.ts'
import type { Problem, SpecModel } from '../spec/types.ts'
import { folderNotes, hasFolder } from './folder-notes.ts'
import { judgeSideList, readSideArgument, readSideFile, type SideList } from './side-list.ts'
import { nameModels, type ModelSet } from './version-models.ts'

/** Models that are asked for without a version, as typed. */
export interface LooseModelsRequest {
  files: readonly string[]
  models: readonly string[]
  /** Folder below the model store for those among `models` that name none; null: its top. */
  subdir: string | null
  /** Where relative paths of arguments start. */
  cwd: string
}

export type LooseModels = ModelSet & { readonly notes: readonly DraftNote[] }

/**
 * Models of side files and arguments, judged as if they stood in a spec (R142).
 * @throws ARGUMENT_INVALID with everything that is wrong; USAGE when nobody said where the store is
 */
export async function looseModels(ctx: Ctx, request: LooseModelsRequest): Promise<LooseModels> {
  const roots = rootsOf(ctx)
  const lists = await readLists(request)
  const { models, places } = judge(ctx, lists)
  const place = (problem: Problem): PlacedProblem => placeProblem(places, problem)
  const { models: placed, problems, nameless } = assignTargets(models)
  if (problems.length > 0) throw invalid(problems.map(place))
  const loaded = {
    file: '',
    models: placed,
    nameless,
    place,
    spec: { version_id: 'side-file', models },
  }
  const offline = ctx.settings.offline ?? false
  try {
    return {
      ...(await nameModels(ctx, loaded, [], offline)),
      roots,
      isHomeless: ctx.settings.home === null,
      offline,
      notes: [...lists.flatMap(unusedNotes), ...lists.flatMap(({ raw }) => folderNotes(raw))],
    }
  } catch (error) {
    throw error instanceof SpecInvalidError ? invalid(error.problems) : error
  }
}

/** Without a home nothing is linked, so its name is never used. */
function rootsOf({ settings }: Ctx): ModelSet['roots'] {
  const { home } = settings
  const modelsDir = sharedModelsDir(settings) ?? (home === null ? null : join(home, 'models'))
  if (modelsDir === null)
    throw new ComfypinError('USAGE', { reason: say(settings.language, 'modelsDirNeeded', {}) })
  return { modelsDir, home: home ?? join(modelsDir, '.comfypin', 'no-home') }
}

/** A list and its entries in the form of a spec. */
interface RawList extends SideList {
  readonly raw: readonly RawEntry[]
}

async function readLists({ files, models, subdir, cwd }: LooseModelsRequest): Promise<RawList[]> {
  const ofFiles = files.map(async (file): Promise<RawList> => {
    const list = await readSideFile('models', resolve(cwd, expandHome(file)))
    return { ...list, raw: list.entries.map(({ entry }) => entry) }
  })
  const ofArguments = models.map((text): RawList => {
    const list = readSideArgument('models', text, cwd)
    return { ...list, raw: list.entries.map(({ entry }) => withFolder(entry, subdir)) }
  })
  return [...(await Promise.all(ofFiles)), ...ofArguments]
}

function withFolder(entry: RawEntry, subdir: string | null): RawEntry {
  return subdir === null || hasFolder(entry) ? entry : { ...entry, target_subdir: subdir }
}

interface Place {
  readonly origin: string
  readonly index: number
}

function judge(ctx: Ctx, lists: readonly RawList[]): { models: SpecModel[]; places: Place[] } {
  const judged = lists.map((list) => ({ list, ...judgeSideList(ctx, 'models', list, list.raw) }))
  const problems = judged.flatMap((one) => one.problems)
  if (problems.length > 0)
    throw argumentInvalid(problems.map(({ subject, problem }) => `  ${subject}: ${problem}`))
  for (const { list, warnings } of judged)
    for (const warning of warnings)
      ctx.emit({ ...warning, params: { ...warning.params, file: list.origin } })
  const all = judged.flatMap(({ list, spec }) =>
    (spec?.models ?? []).map((model, index) => ({ model, origin: list.origin, index })),
  )
  return { models: all.map(({ model }) => model), places: all }
}

/** Where a problem of all models together has its place. */
function placeProblem(places: readonly Place[], { path, ...problem }: Problem): PlacedProblem {
  const [part = 'models', at, ...rest] = path
  const { origin, index } = places[Number(at)] ?? { origin: '', index: 0 }
  return { file: origin, path: formatPath([part, index, ...rest]), line: 1, column: 1, ...problem }
}

function invalid(problems: readonly PlacedProblem[]): ComfypinError {
  return argumentInvalid(
    problems.map(
      ({ file, path, expected, found }) =>
        `  ${file} ${path}: expected ${expected}, found ${found}`,
    ),
  )
}

function argumentInvalid(lines: readonly string[]): ComfypinError {
  return new ComfypinError('ARGUMENT_INVALID', { problems: lines.join('\n') })
}

function unusedNotes({ origin, unused }: SideList): DraftNote[] {
  if (unused.length === 0) return []
  return [{ code: 'SIDE_FILE_PART', subject: origin, detail: unused.join(', ') }]
}
