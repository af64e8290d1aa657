import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { assignTargets } from '../resolve/model-targets.ts'
import { DEFAULT_CORE } from '../spec/default-core.ts'
import { readArgument, readEntries, type Part, type ReadEntries } from '../spec/parse-entries.ts'
import type { RawEntry } from '../spec/parse-pack-argument.ts'
import { parseSideFile } from '../spec/parse-side-file.ts'
import { parseSpec, type ParsedSpec } from '../spec/parse.ts'
import { specText } from '../spec/write-spec.ts'
import { readUserFile } from './create-parts.ts'

/** A list of packs or models that stands in no spec. */
export interface SideList extends ReadEntries {
  /** The file, or the argument as typed. */
  readonly origin: string
  /** Other keys of the file, which are not taken. */
  readonly unused: readonly string[]
}

/** Has the form of a problem that `validate` finds in a version. */
export interface SideProblem {
  /** File or argument, and place in it. */
  subject: string
  code: null
  params: Record<string, never>
  /** In English. */
  problem: string
}

export interface JudgedList extends Pick<ParsedSpec, 'spec' | 'warnings'> {
  problems: SideProblem[]
}

/** @param file absolute */
export async function readSideFile(part: Part, file: string): Promise<SideList> {
  const read = readUserFile(file)
  const side = typeof read === 'string' ? read : await parseSideFile(part, read.text)
  if (typeof side === 'string') return { origin: file, entries: [], problems: [side], unused: [] }
  return { origin: file, ...readEntries(part, side.list, dirname(file)), unused: side.unused }
}

/** The list that one argument of the command line stands for. */
export function readSideArgument(part: Part, text: string, cwd: string): SideList {
  return { origin: text, ...readArgument(part, text, cwd), unused: [] }
}

/** Judge a list as if it stood in a spec: form, keys, sources, targets. Nothing is asked of anybody. */
export function judgeSideList(
  ctx: Ctx,
  part: Part,
  { origin, problems: unreadable }: SideList,
  entries: readonly RawEntry[],
): JudgedList {
  const at = (place: string) => (place === '' ? origin : `${origin} ${place}`)
  const text = specText({
    schema_version: 2,
    version_id: 'side-file',
    comfy: { repo: DEFAULT_CORE },
    [part]: entries.map(withoutState),
  })
  const { spec, problems, warnings, place } = parseSpec(text, 'side-file.json', ctx.settings.env)
  const placed = assignTargets(spec?.models ?? []).problems.map(place)
  return {
    spec,
    warnings,
    problems: [
      ...unreadable.map((expected) => sideProblem(at(''), `expected ${expected}`)),
      ...[...problems, ...placed].map(({ path, expected, found }) =>
        sideProblem(at(path), `expected ${expected}, found ${found}`),
      ),
    ],
  }
}

/** The state of a pack belongs to a version; alone it means nothing. */
function withoutState(entry: RawEntry): RawEntry {
  const { state: _, ...rest } = entry
  return rest
}

export function sideProblem(subject: string, problem: string): SideProblem {
  return { subject, code: null, params: {}, problem }
}
