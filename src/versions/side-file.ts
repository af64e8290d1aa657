import { dirname, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { expandHome } from '../platform/settings.ts'
import { assignTargets } from '../resolve/model-targets.ts'
import { DEFAULT_CORE } from '../spec/default-core.ts'
import { readEntries, type Part } from '../spec/parse-entries.ts'
import { parseSideFile } from '../spec/parse-side-file.ts'
import { parseSpec } from '../spec/parse.ts'
import { specText } from '../spec/write-spec.ts'
import { readUserFile } from './create-parts.ts'

export interface SideFileValidation {
  version_id: null
  /** Absolute paths. */
  files: string[]
  problems: SideFileProblem[]
}

/** Has the form of what `validate` finds about a version. */
interface SideFileProblem {
  /** File and place in it. */
  subject: string
  code: null
  params: Record<string, never>
  problem: string
}

/**
 * Judge side files as if their lists stood in a spec (R142): form, keys, sources, targets. Nothing is
 * asked of the network and nothing is written.
 */
export async function validateSideFiles(
  ctx: Ctx,
  paths: Readonly<Record<Part, readonly string[]>>,
): Promise<SideFileValidation> {
  const files = (['custom_nodes', 'models'] as const).flatMap((part) =>
    paths[part].map((path) => ({ part, file: resolve(expandHome(path)) })),
  )
  const problems = await Promise.all(files.map(({ part, file }) => problemsOf(ctx, part, file)))
  return { version_id: null, files: files.map(({ file }) => file), problems: problems.flat() }
}

async function problemsOf(ctx: Ctx, part: Part, file: string): Promise<SideFileProblem[]> {
  const at = (place: string) => `${file}${place === '' ? '' : ` ${place}`}`
  const read = readUserFile(file)
  const side = typeof read === 'string' ? read : await parseSideFile(part, read.text)
  if (typeof side === 'string') return [problemAt(at(''), `expected ${side}`)]
  const { entries, problems } = readEntries(part, side.list, dirname(file))
  const list = entries.map(({ entry }) => entry)
  return [
    ...problems.map((problem) => problemAt(at(''), `expected ${problem}`)),
    ...problemsIn(ctx, part, list).map(({ subject, problem }) => problemAt(at(subject), problem)),
  ]
}

function problemAt(subject: string, problem: string): SideFileProblem {
  return { subject, code: null, params: {}, problem }
}

function problemsIn(ctx: Ctx, part: Part, list: readonly unknown[]): SideFileProblem[] {
  const text = specText({
    schema_version: 2,
    version_id: 'side-file',
    comfy: { repo: DEFAULT_CORE },
    [part]: list,
  })
  const { spec, problems, warnings, place } = parseSpec(text, 'side-file.json', ctx.settings.env)
  const placed = assignTargets(spec?.models ?? []).problems.map(place)
  return [
    ...[...problems, ...placed].map(({ path, expected, found }) =>
      problemAt(path, `expected ${expected}, found ${found}`),
    ),
    ...warnings.flatMap(({ code, params }) =>
      code === 'SPEC_UNKNOWN_KEY' ? [problemAt(String(params['path']), 'unknown key')] : [],
    ),
  ]
}
