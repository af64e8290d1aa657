import { isAbsolute, resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { say } from '../core/messages.ts'
import { lstatIfExists, writeAtomic } from '../platform/files.ts'
import { findPylock } from '../realize/python-lock.ts'
import { loadSpec, type LoadedSpec, type SpecSelector } from '../resolve/load-spec.ts'
import { resolveVersion } from '../resolve/resolve.ts'
import type { DraftNote } from '../spec/draft.ts'
import { repoName } from '../spec/repo-address.ts'
import { writeBundle } from './bundle/write-bundle.ts'
import { managerDocument, type ManagerDocument } from './export-manager.ts'
import { shownState, type TakenState } from './state/shown-state.ts'
import { NO_STATE } from './state/take-state.ts'
import { stateOfVersion } from './state/version-state.ts'

/** `manager`: a snapshot of ComfyUI-Manager; `bundle`: everything that makes the version elsewhere. */
export const exportFormats = ['manager', 'bundle'] as const

export type ExportFormat = (typeof exportFormats)[number]

export interface ExportOptions {
  format: ExportFormat
  /** File to write; null: only the answer. */
  output: string | null
  /** Replace a file that is there. */
  force: boolean
  /** Of a bundle: take along what packs keep in their folders. */
  state: boolean
}

export interface ExportResult {
  version_id: string
  format: ExportFormat
  /** Absolute path of what was written, or null. */
  file: string | null
  /** null: a bundle. */
  document: ManagerDocument | null
  /** Files of packs that a bundle has. */
  state: TakenState[]
  notes: readonly DraftNote[]
}

/**
 * A version in one file, from its pins: those of its lock, asked for anew where it has none. The lock
 * itself is not written. What the format has no place for is a warning.
 * @throws FILE_EXISTS, DISK_WRITE, USAGE for a bundle without a file, STATE_UNKNOWN, STATE_UNUSABLE,
 *   and as `loadSpec` and `resolveVersion`
 */
export async function exportVersion(
  ctx: Ctx,
  selector: SpecSelector,
  { format, output, force, state: withState }: ExportOptions,
): Promise<ExportResult> {
  const { language } = ctx.settings
  if (format === 'bundle' && output === null)
    throw new ComfypinError('USAGE', { reason: say(language, 'flagMissing', { name: 'output' }) })
  const file = output === null ? null : resolve(output)
  if (file !== null && !force && lstatIfExists(file) !== null)
    throw new ComfypinError('FILE_EXISTS', { path: file })
  const loaded = loadSpec(ctx, selector)
  const id = loaded.spec.version_id
  const offline = ctx.settings.offline ?? loaded.spec.options.offline
  const partial = format !== 'bundle' // whoever gets one has nothing else to go by
  const { lock, text } = await resolveVersion(ctx, loaded, { refresh: false, offline, partial })
  const pylock = findPylock(ctx.settings, id)
  if (pylock === null) ctx.emit({ type: 'warning', code: 'EXPORT_NO_PACKAGES', params: { id } })
  if (format === 'bundle' && file !== null) {
    warnOfLocal(ctx, loaded)
    const { packs, notes } = withState ? stateOfVersion(ctx, loaded) : NO_STATE
    writeBundle(file, { loaded, lockText: text, pylock, state: packs })
    return { version_id: id, format, file, document: null, state: shownState(packs), notes }
  }
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
  return { version_id: id, format, file, document, state: [], notes: [] }
}

/** What only this machine has makes a bundle that works nowhere else. */
function warnOfLocal(ctx: Ctx, { spec: { comfy, custom_nodes: packs, models } }: LoadedSpec): void {
  const addresses = [
    comfy.repo,
    ...packs.map(({ repo }) => repo),
    ...models.map(({ source }) => source),
  ]
  for (const path of addresses)
    if (path !== null && (isAbsolute(path) || /^file:/i.test(path)))
      ctx.emit({ type: 'warning', code: 'EXPORT_LOCAL', params: { path } })
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
