import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { installedPackages } from '../python/installed-packages.ts'
import { loadSpecText } from '../resolve/load-spec.ts'
import { specText } from '../spec/write-spec.ts'
import { packageFacts, specFacts, type DiffPart, type Fact } from './diff-facts.ts'
import { NEVER_BEHIND, type DiffSide } from './diff-side.ts'
import { draftFromInstall } from './drafts/from-install.ts'
import { findInstall } from './drafts/install-layout.ts'

/** What an install can tell of what is really there; a home knows more. */
const PARTS: readonly DiffPart[] = ['core', 'pack', 'python', 'package']

/**
 * A ComfyUI that something other than comfypin installed, so that it can be held against the version
 * that was made of it.
 * @throws INSTALL_NOT_FOUND, GIT_MISSING, INTERRUPTED
 */
export async function installSide(ctx: Ctx, name: string, path: string): Promise<DiffSide> {
  const { core, python } = findInstall(path, null)
  if (core === null) throw new ComfypinError('INSTALL_NOT_FOUND', { path, reason: 'no main.py' })
  const { spec } = await draftFromInstall(ctx, path, { python: null, localModels: true })
  const text = specText({ schema_version: 2, version_id: 'install', ...spec })
  const facts = specFacts(loadSpecText({ ...ctx, emit: ignoreEvents }, { file: name, text }))
  const there = (): Fact[] => [
    ...facts.filter(({ part }) => PARTS.includes(part)),
    { part: 'python', name: 'python', value: python?.version ?? '-' },
    ...packageFacts(python === null ? [] : installedPackages(python.sitePackages)).filter(isNoTool),
  ]
  return {
    name,
    kind: 'install',
    levels: { spec: () => facts, lock: null, home: there },
    parts: PARTS,
    behind: NEVER_BEHIND,
  }
}

/** A home has none of its own: packages are never installed while it runs. */
function isNoTool({ name }: Fact): boolean {
  return name !== 'pip'
}
