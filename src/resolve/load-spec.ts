import { basename, dirname, join, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { percentDecode } from '../models/percent-decode.ts'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { readTextIfExists } from '../platform/files.ts'
import { expandHome } from '../platform/settings.ts'
import { listSpecIds, readSpecFile, type SpecFile } from '../spec/locate.ts'
import { parseSpec, type ParsedSpec } from '../spec/parse.ts'
import { SpecInvalidError } from '../spec/problems.ts'
import type { Spec } from '../spec/types.ts'
import { assignTargets, type PlacedModel } from './model-targets.ts'

export interface LoadedSpec {
  file: string
  text: string
  spec: Spec
  /** Where each model goes; without those that are nameless. */
  models: readonly PlacedModel[]
  /** Indexes in the spec's models whose names only their servers know; see `resolveModels`. */
  nameless: readonly number[]
  /** Give a problem that turns up later its place in the file. */
  place: ParsedSpec['place']
}

/** Which spec is meant: a version id, or a path outside the versions folder. An id beside a path must fit. */
export interface SpecSelector {
  id: string | null
  path: string | null
}

/**
 * Read and validate a spec; relative repositories and model paths start at the spec file.
 * Warnings are emitted.
 * @throws SPEC_NOT_FOUND, SPEC_UNREADABLE, SPEC_INVALID, ID_INVALID; USAGE when the path leads to
 *   another version than the id
 */
export function loadSpec(ctx: Ctx, selector: SpecSelector): LoadedSpec {
  const loaded = loadSpecText(ctx, readSpecFile(ctx.settings, selector.id, selector.path))
  requireSameVersion(selector, loaded.spec.version_id)
  return loaded
}

/** In the versions folder a spec goes by its file name, so that is a name of it too. */
function requireSameVersion({ id, path }: SpecSelector, specId: string): void {
  if (id === null || path === null || id === specId || id === basename(path, '.json')) return
  throw new ComfypinError('USAGE', { reason: `${path} is the spec of "${specId}", not of "${id}"` })
}

/**
 * The same for a text that is not on disk yet: what is about to be written is judged as what is read.
 * @throws SPEC_INVALID
 */
export function loadSpecText(ctx: Ctx, { file, text }: SpecFile): LoadedSpec {
  const parsed = parseSpec(text, file, ctx.settings.env)
  const spec = parsed.spec === null ? null : absolutize(parsed.spec, dirname(resolve(file)))
  const { models, problems, nameless } = assignTargets(spec?.models ?? [])
  const all = [...parsed.problems, ...problems.map(parsed.place)]
  if (spec === null || all.length > 0) throw new SpecInvalidError(file, all)
  parsed.warnings.forEach(ctx.emit)
  warnOfSharedId(ctx, file, spec.version_id)
  return { file, text, spec, models, nameless, place: parsed.place }
}

/** Two specs with one id would fight for one home and one lock (R16). */
function warnOfSharedId(ctx: Ctx, file: string, id: string): void {
  const folder = dirname(resolve(file))
  const others = listSpecIds(folder)
    .map((name) => join(folder, `${name}.json`))
    .filter((other) => other !== resolve(file) && claimsId(other, id))
  if (others.length === 0) return
  const files = [resolve(file), ...others].map((path) => basename(path)).join(', ')
  ctx.emit({ type: 'warning', code: 'SPEC_ID_SHARED', params: { id, files } })
}

/** A rough look is enough for a warning: nobody asked about the other file. */
function claimsId(file: string, id: string): boolean {
  try {
    const own = new RegExp(`"(?:version_)?id"\\s*:\\s*"${id.replaceAll('.', '\\.')}"`)
    return own.test(readTextIfExists(file) ?? '')
  } catch (error) {
    if (systemCode(error) === null) throw error
    return false
  }
}

function absolutize(spec: Spec, base: string): Spec {
  return {
    ...spec,
    comfy: { ...spec.comfy, repo: absolutePath(spec.comfy.repo, base) },
    custom_nodes: spec.custom_nodes.map((pack) => ({
      ...pack,
      repo: pack.repo === null ? null : absolutePath(pack.repo, base),
    })),
    models: spec.models.map((model) => ({ ...model, source: absoluteSource(model.source, base) })),
  }
}

/** What is neither a URL nor `host:path` is a path. */
function absolutePath(repo: string, base: string): string {
  const remote = /^[a-z][a-z0-9+.-]*:\/\//i.test(repo) || /^[^/\s]+:/.test(repo)
  return remote ? repo : resolve(base, expandHome(repo))
}

function absoluteSource(source: string, base: string): string {
  const relativeFile = /^file:(?!\/)(.+)$/i.exec(source)?.[1]
  if (relativeFile === undefined) return absolutePath(source, base)
  return resolve(base, expandHome(percentDecode(relativeFile) ?? relativeFile))
}
