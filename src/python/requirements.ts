import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { statIfExists } from '../platform/files.ts'
import { isWithin } from '../platform/paths.ts'
import { guardRequirement, refuse, type Place } from './guard-requirement.ts'
import { normalizeName, requirementName } from './package-names.ts'
import {
  classifyLine,
  decodeRequirements,
  logicalLines,
  type RequirementLine,
} from './requirement-lines.ts'
import { readPyproject } from './pyproject.ts'
import { listDifference } from './list-difference.ts'
import type { Owner, RequirementSource } from './types.ts'

export const CORE_OWNER: Owner = 'core'
export const SPEC_OWNER: Owner = 'python_packages'
const OVERRIDE_OWNER: Owner = 'python_overrides'

export interface RequirementInput {
  coreDir: string
  packs: readonly RequirementPack[]
  /** The spec's `python_packages`. */
  pythonPackages: readonly string[]
}

export interface RequirementPack {
  name: string
  dir: string
  installRequirements: boolean
  /** What its `install.py` installs for certain, as `readInstallScripts` found it. */
  scriptLines?: readonly string[]
}

/**
 * What core, packs, their install scripts and spec ask for, in that order. A pack's list is its `requirements.txt`, else
 * the dependencies of its `pyproject.toml`; where both stand and differ, a warning says in what. Lines
 * that would redirect the index are dropped with a warning; lines that reach outside the pack are
 * refused. Whether a line is a requirement is for uv to say.
 * @throws REQUIREMENT_REFUSED
 */
export async function collectRequirements(
  ctx: Ctx,
  input: RequirementInput,
): Promise<RequirementSource[]> {
  const wanted = input.packs.filter((pack) => pack.installRequirements)
  const owners = [
    { owner: CORE_OWNER, dir: input.coreDir },
    ...wanted.map(({ name, dir }) => ({ owner: name, dir })),
  ]
  const sources = await Promise.all(owners.map(({ owner, dir }) => readOwner(ctx, owner, dir)))
  const lists = new Map(sources.map((source, at) => [owners[at]?.owner, source?.lines ?? []]))
  const scripts = wanted.map((pack) => scriptSource(pack, lists.get(pack.name) ?? []))
  return [...sources, ...scripts, specSource(input.pythonPackages)].filter(
    (source) => source !== null,
  )
}

/** A bare name that the pack's own list has already says nothing new. */
function scriptSource(
  { name, dir, scriptLines = [] }: RequirementPack,
  own: readonly string[],
): RequirementSource | null {
  const listed = new Set(own.map(requirementName))
  const isBare = (line: string) => normalizeName(line) === requirementName(line)
  const lines = scriptLines.filter((line) => !isBare(line) || !listed.has(requirementName(line)))
  if (lines.length === 0) return null
  return { owner: scriptOwner(name), file: join(dir, 'install.py'), lines, constraints: [] }
}

function scriptOwner(pack: string): Owner {
  return `install.py of ${pack}`
}

async function readOwner(ctx: Ctx, owner: Owner, dir: string): Promise<RequirementSource | null> {
  const file = join(dir, 'requirements.txt')
  const project = join(dir, 'pyproject.toml')
  const hasProject = statIfExists(project)?.isFile() === true
  if (statIfExists(file)?.isFile() !== true)
    return hasProject ? readProject(ctx, owner, dir, project) : null
  const source = readRequirementsFile(ctx, owner, dir, file)
  if (hasProject && owner !== CORE_OWNER && isWithin(realpathSync(dir), realpathSync(project)))
    await tellDifference(ctx, source, project)
  return source
}

/** In 19 of 54 packs the two lists differ (packs.md §6.5); whoever misses a package sees why. */
async function tellDifference(ctx: Ctx, source: RequirementSource, project: string): Promise<void> {
  const { owner } = source
  const { dependencies } = await readPyproject(project)
  if (dependencies.length === 0) return
  const difference = listDifference(source.lines, dependencies)
  if (difference === '') return
  ctx.emit({ type: 'warning', code: 'PACK_LISTS_DIFFER', params: { owner, difference } })
}

function readRequirementsFile(
  ctx: Ctx,
  owner: Owner,
  root: string,
  file: string,
): RequirementSource {
  const lists = { lines: [] as string[], constraints: [] as string[] }
  readInto(lists.lines, file, 'requirements.txt', new Set())
  return { owner, file, ...lists }

  function readInto(list: string[], path: string, shown: string, seen: Set<string>): void {
    const real = insideRoot(owner, root, path, shown)
    if (seen.has(real)) return
    seen.add(real)
    const place = { owner, root, dir: dirname(path) }
    for (const line of logicalLines(decodeRequirements(readFileSync(real)))) {
      const parsed = classifyLine(line)
      if (parsed.kind === 'include') readInto(list, resolve(place.dir, parsed.path), line, seen)
      else if (parsed.kind === 'constraint')
        readInto(lists.constraints, resolve(place.dir, parsed.path), line, new Set())
      else if (parsed.kind === 'option') warnIgnored(ctx, owner, parsed.text)
      else list.push(takeLine(ctx, place, line, parsed))
    }
  }
}

/** The file's real path: neither `..`, nor a URL, nor a symlink may lead out of the checkout. */
function insideRoot(owner: Owner, root: string, path: string, shown: string): string {
  if (statIfExists(path)?.isFile() !== true) throw refuse(owner, shown, 'there is no such file')
  const real = realpathSync(path)
  if (isWithin(realpathSync(root), real)) return real
  throw refuse(owner, shown, 'the file is outside its repository')
}

type TakenLine = Extract<RequirementLine, { kind: 'requirement' | 'editable' }>

function takeLine(ctx: Ctx, place: Place, line: string, parsed: TakenLine): string {
  if (parsed.kind === 'requirement') return keep(ctx, place, parsed.text)
  // checkouts are shared and immutable, so nothing is installed in place; a clone of git is no loss
  if (/^git\+/i.test(parsed.target)) return keep(ctx, place, parsed.target)
  throw refuse(place.owner, line, 'a pack is loaded from its folder and never installed')
}

function keep(ctx: Ctx, place: Place, text: string): string {
  const { requirement, ignored } = guardRequirement(place, text)
  for (const option of ignored) warnIgnored(ctx, place.owner, option)
  return requirement
}

function warnIgnored(ctx: Ctx, owner: Owner, line: string): void {
  ctx.emit({ type: 'warning', code: 'REQUIREMENT_OPTION_IGNORED', params: { owner, line } })
}

async function readProject(
  ctx: Ctx,
  owner: Owner,
  root: string,
  file: string,
): Promise<RequirementSource | null> {
  const place = { owner, root, dir: root }
  const real = insideRoot(owner, root, file, 'pyproject.toml')
  const lines = await dependenciesOf(ctx, owner, real)
  if (lines === null) return null
  return { owner, file, lines: lines.map((line) => keep(ctx, place, line)), constraints: [] }
}

/** null, with a warning, for a file that is no TOML. */
async function dependenciesOf(ctx: Ctx, owner: Owner, file: string): Promise<string[] | null> {
  const { dependencies, damage } = await readPyproject(file)
  if (damage === null) return dependencies
  ctx.emit({ type: 'warning', code: 'PYPROJECT_UNREADABLE', params: { owner, reason: damage } })
  return null
}

function specSource(packages: readonly string[]): RequirementSource | null {
  const lines = specLines(SPEC_OWNER, packages)
  return lines.length === 0 ? null : { owner: SPEC_OWNER, file: null, lines, constraints: [] }
}

/**
 * The spec's `python_overrides` as lines that uv may read.
 * @throws REQUIREMENT_REFUSED
 */
export function overrideLines(overrides: readonly string[]): string[] {
  return specLines(OVERRIDE_OWNER, overrides)
}

function specLines(owner: Owner, given: readonly string[]): string[] {
  const place = { owner, root: null, dir: null }
  return given.flatMap(logicalLines).map((line) => {
    if (line.startsWith('-'))
      throw refuse(owner, line, 'options are not allowed here; indexes come from UV_INDEX')
    const { requirement, ignored } = guardRequirement(place, line)
    if (ignored[0] === undefined) return requirement
    throw refuse(owner, line, `${ignored[0]} is not allowed here`)
  })
}
