import { resolve } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { expandHome } from '../platform/settings.ts'
import type { VersionDraft } from './drafts/types.ts'

/** Flags of `create` that name something else to begin with; at most one `from…` is given. */
export interface DraftFlags {
  fromInstall: string | null
  /** Interpreter or venv of the install; null: looked for in it. */
  installPython: string | null
  /** Take models of unknown origin from where they lie. */
  localModels: boolean
  fromWorkflow: string | null
  /** ComfyUI-Manager's `extension-node-map.json`. */
  nodeMap: string | null
  /** Address of a running ComfyUI. */
  instance: string | null
  fromFile: string | null
  /** Take along what packs keep in their folders. */
  state: boolean
}

/**
 * The draft that a new version begins with; null when it begins with nothing.
 * @throws what the drafts throw
 */
export async function draftOf(ctx: Ctx, flags: DraftFlags): Promise<VersionDraft | null> {
  const { fromInstall, fromWorkflow, fromFile, installPython, nodeMap, instance } = flags
  if (fromInstall !== null) {
    const { draftFromInstall } = await import('./drafts/from-install.ts')
    const python = installPython === null ? null : pathOf(installPython)
    const { localModels, state } = flags
    return draftFromInstall(ctx, pathOf(fromInstall), { python, localModels, state })
  }
  if (fromWorkflow !== null) {
    const { draftFromWorkflow } = await import('./drafts/from-workflow.ts')
    const map = nodeMap === null ? null : pathOf(nodeMap)
    return draftFromWorkflow(ctx, pathOf(fromWorkflow), { map, instance })
  }
  if (fromFile === null) return null
  const { draftFromBundle } = await import('./drafts/from-bundle.ts')
  const bundled = await draftFromBundle(ctx, pathOf(fromFile), { state: flags.state })
  if (bundled !== null) return bundled
  const { draftFromFile } = await import('./drafts/from-file.ts')
  return draftFromFile(ctx, pathOf(fromFile))
}

function pathOf(text: string): string {
  return resolve(expandHome(text))
}
