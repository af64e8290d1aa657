import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { requirementName } from './package-names.ts'

export interface OverrideSet {
  /** The spec's `python_overrides`: whatever else is asked of these packages does not count. */
  lines: readonly string[]
  /** Twins that give way to another one. */
  twins: readonly { banned: readonly string[] }[]
}

/**
 * What uv is told to override, as files in `dir`. Banned twins get a marker that never holds; the
 * user's own files (UV_OVERRIDE), which the option would replace, stay.
 */
export function overrideArguments(ctx: Ctx, dir: string, { lines, twins }: OverrideSet): string[] {
  if (lines.length === 0 && twins.length === 0) return []
  const file = join(dir, 'overrides.txt')
  const banned = twins.flatMap((twin) => twin.banned).map(ban)
  writeFileSync(file, [...lines, ...banned].map((line) => `${line}\n`).join(''))
  const given = (ctx.settings.env.UV_OVERRIDE ?? '').split(/\s+/).filter(Boolean)
  return [file, ...given.map((path) => resolve(path))].flatMap((path) => ['--overrides', path])
}

/** An override by which nobody gets a package. */
export function ban(name: string): string {
  return `${name} ; python_version < '0'`
}

/** The packages that the spec's overrides are about. */
export function overriddenNames(lines: readonly string[]): Set<string> {
  return new Set(lines.flatMap((line) => requirementName(line) ?? []))
}
