import { resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { expandHome } from '../platform/settings.ts'
import type { Part } from '../spec/parse-entries.ts'
import { judgeSideList, readSideFile, sideProblem, type SideProblem } from './side-list.ts'

export interface SideFileValidation {
  version_id: null
  /** Absolute paths. */
  files: string[]
  problems: SideProblem[]
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

async function problemsOf(ctx: Ctx, part: Part, file: string): Promise<SideProblem[]> {
  const list = await readSideFile(part, file)
  const entries = list.entries.map(({ entry }) => entry)
  const { problems, warnings } = judgeSideList(ctx, part, list, entries)
  return [
    ...problems,
    ...warnings.flatMap(({ code, params }) =>
      code === 'SPEC_UNKNOWN_KEY'
        ? [sideProblem(`${file} ${params['path'] ?? ''}`, 'unknown key')]
        : [],
    ),
  ]
}
