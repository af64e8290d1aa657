import { resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { lstatIfExists, writeAtomic } from '../platform/files.ts'
import { findPylock } from '../realize/python-lock.ts'
import { loadSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { resolveVersion } from '../resolve/resolve.ts'
import { repoName } from '../spec/repo-address.ts'
import { managerDocument } from './export-manager.ts'

/** Formats of other tools that a version can be written in. */
export const exportFormats = ['manager'] as const

export type ExportFormat = (typeof exportFormats)[number]

export interface ExportOptions {
  format: ExportFormat
  /** File to write; null: only the answer. */
  output: string | null
  /** Replace a file that is there. */
  force: boolean
}

export interface ExportResult {
  version_id: string
  format: ExportFormat
  /** Absolute path of what was written, or null. */
  file: string | null
  document: unknown
}

/**
 * A version in another tool's format, from its pins: those of its lock, asked for anew where it has
 * none. The lock itself is not written. What the format has no place for is a warning.
 * @throws FILE_EXISTS, DISK_WRITE, and as `loadSpec` and `resolveVersion`
 */
export async function exportVersion(
  ctx: Ctx,
  selector: SpecSelector,
  { format, output, force }: ExportOptions,
): Promise<ExportResult> {
  const file = output === null ? null : resolve(output)
  if (file !== null && !force && lstatIfExists(file) !== null)
    throw new ComfypinError('FILE_EXISTS', { path: file })
  const loaded = loadSpec(ctx, selector)
  const id = loaded.spec.version_id
  const offline = ctx.settings.offline ?? loaded.spec.options.offline
  const { lock } = await resolveVersion(ctx, loaded, { refresh: false, offline, partial: true })
  const pylock = findPylock(ctx.settings, id)
  if (pylock === null) ctx.emit({ type: 'warning', code: 'EXPORT_NO_PACKAGES', params: { id } })
  warnOfRest(ctx, format, {
    models: lock.models,
    env: Object.keys(lock.env),
    subdir: lock.custom_nodes.filter(({ subdir }) => subdir !== null),
    name: lock.custom_nodes.filter(
      ({ name, repo, registry, subdir }) =>
        subdir === null && name !== (registry?.id ?? repoName(repo ?? '')),
    ),
  })
  const document = managerDocument(lock, pylock)
  if (file !== null) writeAtomic(file, `${JSON.stringify(document, null, 2)}\n`)
  return { version_id: id, format, file, document }
}

function warnOfRest(ctx: Ctx, format: string, parts: Record<string, readonly unknown[]>): void {
  for (const [part, { length }] of Object.entries(parts))
    if (length > 0)
      ctx.emit({
        type: 'warning',
        code: 'EXPORT_LEFT_OUT',
        params: { format, part, count: length },
      })
}
