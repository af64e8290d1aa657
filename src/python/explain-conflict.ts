import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { overrideArguments } from './overrides.ts'
import { ownersIn } from './owners-in.ts'
import { premisesOf } from './conflict-premises.ts'
import { requirementName } from './package-names.ts'
import { uniqueLabels } from './requirement-files.ts'
import { offlineFirst, runUv } from './run-uv.ts'
import type { Owner, PythonInterpreter, RequirementSource, Uv } from './types.ts'
import { isConflict, lacksCachedData, reasonOfUv } from './uv-failure.ts'
import { wheelArguments } from './wheel-arguments.ts'

export interface ConflictRequest {
  sources: readonly RequirementSource[]
  overrides: readonly string[]
  python: PythonInterpreter
  offline: boolean
}

/**
 * Who asked for what, when nothing satisfies everybody. A flat resolution says only "you require",
 * so it is asked again with one project per owner. Never for the lock itself: with projects, uv
 * takes a minute online and finds other versions.
 * @returns PYTHON_CONFLICT
 */
export async function explainConflict(
  ctx: Ctx,
  uv: Uv,
  dir: string,
  request: ConflictRequest,
  flatReason: string,
): Promise<ComfypinError> {
  const labels = uniqueLabels(request.sources)
  const projects = join(dir, 'owners')
  request.sources.forEach((source, at) => writeProject(projects, labels[at] ?? '', source))
  writeFileSync(join(projects, 'owners.txt'), labels.map((label) => `./${label}\n`).join(''))
  const args = [
    ...['pip', 'compile', '--python', request.python.path],
    ...wheelArguments(ctx),
    ...overrideArguments(ctx, dir, { lines: request.overrides, twins: [] }),
  ]
  const { stderr } = await offlineFirst(
    request.offline,
    (offline) => runUv(ctx, uv, [...args, '--', 'owners.txt'], { cwd: projects, offline }),
    (result) => isConflict(result.stderr) && !lacksCachedData(result.stderr),
  )
  const { text, owners } = nameOwners(reasonOfUv(stderr), labels, request.sources)
  if (isConflict(stderr) && owners.length > 0) {
    const premises = premisesOf(text, owners)
    const reason = premises.length > 0 ? premises.map((line) => `  ${line}`).join('\n') : text
    return new ComfypinError('PYTHON_CONFLICT', { reason, owners: owners.join(', ') })
  }
  const named = ownersIn(flatReason, request.sources).join(', ')
  return new ComfypinError('PYTHON_CONFLICT', { reason: flatReason, owners: named })
}

function writeProject(projects: string, label: string, source: RequirementSource): void {
  mkdirSync(join(projects, label), { recursive: true })
  const dependencies = source.lines
    .filter((line) => requirementName(line) !== null)
    .map((line) => JSON.stringify(line.replace(/\s--hash.*$/, '')))
  writeFileSync(
    join(projects, label, 'pyproject.toml'),
    `[project]\nname = "${label}"\nversion = "0"\n` +
      `dependencies = [${dependencies.join(', ')}]\n[tool.uv]\npackage = false\n`,
  )
}

/** `from-pack-a==0 depends on six<1.5` → `pack-a depends on six<1.5` */
function nameOwners(
  reason: string,
  labels: readonly string[],
  sources: readonly RequirementSource[],
): { text: string; owners: Owner[] } {
  const ownerOf = new Map(labels.map((label, at) => [label, sources[at]?.owner ?? label]))
  const owners = new Set<Owner>()
  const text = reason.replace(
    /(?:all versions of )?\b(from-[a-z0-9-]*[a-z0-9])(?:==0\b)?/g,
    (whole, label: string) => {
      const owner = ownerOf.get(label)
      if (owner === undefined) return whole
      owners.add(owner)
      return owner
    },
  )
  return { text, owners: [...owners] }
}
