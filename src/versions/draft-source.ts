import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import type { SpecDraft } from '../spec/draft.ts'

/** Flags of `create` that name something else to begin with; at most one is given. */
export interface DraftFlags {
  fromInstall: string | null
  fromWorkflow: string | null
  fromFile: string | null
}

/** The draft that a new version begins with; null when it begins with nothing. */
export async function draftOf(
  _ctx: Ctx,
  { fromInstall, fromWorkflow, fromFile }: DraftFlags,
): Promise<SpecDraft | null> {
  if (fromInstall === null && fromWorkflow === null && fromFile === null) return null
  throw new ComfypinError('USAGE', { reason: '--from… is not connected yet' })
}
