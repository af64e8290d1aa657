import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { readCheckout } from '../../git/read-checkout.ts'
import { readSmallText } from '../../platform/small-files.ts'
import { joinParts, note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { DEFAULT_CORE } from '../../spec/default-core.ts'
import { foreignCore, releaseTag } from '../../spec/importers/foreign-core.ts'
import { installedRepo, refField, repoNotes } from './installed-repo.ts'

/** The core of an install: its commit where it is a git checkout, else the release that it says it is. */
export async function corePart(ctx: Ctx, dir: string | null): Promise<DraftPart> {
  if (dir === null) return foreignCore({})
  const found = await readCheckout(ctx, dir)
  if (found?.commit == null) return foreignCore({ ref: releaseTag(writtenVersion(dir)) })
  const remote = installedRepo(found.remote, dir)
  return joinParts([
    {
      comfy: { repo: remote?.repo ?? DEFAULT_CORE, ...refField(found), commit: found.commit },
    },
    ...repoNotes('ComfyUI', remote, { ...found, added: found.added.filter(isCoreFile) }),
    found.past === null
      ? {}
      : note('CORE_BETWEEN_RELEASES', found.past.tag, String(found.past.commits)),
  ])
}

/** The user's folders are looked at on their own; what the core ignores is theirs too. */
function isCoreFile({ path, ignored }: { path: string; ignored: boolean }): boolean {
  return !ignored && !USERS_OWN.test(path)
}

const USERS_OWN =
  /^(?:(?:models|custom_nodes|input|output|temp|user|\.venv|venv)\/|extra_model_paths\.yaml$)/

function writtenVersion(dir: string): string | null {
  const text = readSmallText(join(dir, 'comfyui_version.py'), 64 * 1024) ?? ''
  return /^__version__\s*=\s*["']([\w.+-]+)["']/m.exec(text)?.[1] ?? null
}
