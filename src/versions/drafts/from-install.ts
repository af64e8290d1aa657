import { join, resolve } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { committedFiles } from '../../git/read-checkout.ts'
import { draftOf, joinParts } from '../../spec/importers/draft-parts.ts'
import { corePart } from './install-core.ts'
import { findInstall } from './install-layout.ts'
import { modelsPart, type ModelOptions } from './install-models.ts'
import { packagesPart } from './install-packages.ts'
import { packsPart } from './install-packs.ts'
import { findModelRoots } from './model-roots.ts'
import { createStateTaker } from '../state/take-state.ts'
import type { VersionDraft } from './types.ts'

export interface InstallOptions extends ModelOptions {
  /** Interpreter or environment of the install; null: looked for in the usual places. */
  python: string | null
  /** Take along what packs keep in their folders (default false: it is listed in the notes). */
  state?: boolean
}

/**
 * Snapshot of a ComfyUI that something other than comfypin installed (R98): core commit, packs and
 * their commits and state, Python packages, models. Nothing of it is run, changed or trusted; what
 * cannot be reproduced from elsewhere is listed in the notes.
 * @throws INSTALL_NOT_FOUND, INSTALL_IS_HOME, GIT_MISSING, INTERRUPTED
 */
export async function draftFromInstall(
  ctx: Ctx,
  path: string,
  options: InstallOptions,
): Promise<VersionDraft> {
  const { core, base, python } = findInstall(resolve(path), options.python)
  const { roots, customNodes, part } = await findModelRoots(base)
  const shipped = core === null ? [] : await committedFiles(ctx, core, 'models')
  const taker = options.state === true ? createStateTaker() : null
  const packs = []
  for (const folder of new Set([join(base, 'custom_nodes'), ...customNodes]))
    packs.push(await packsPart(ctx, folder, taker))
  const { packs: state = [], notes = [] } = taker?.found() ?? {}
  const draft = draftOf(
    joinParts([
      await corePart(ctx, core),
      ...packs,
      packagesPart(python, base),
      part,
      modelsPart(roots, { ...options, shipped: shipped.map((file) => join(base, file)) }),
      { notes },
    ]),
  )
  return { ...draft, state }
}
