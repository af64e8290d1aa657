import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { systemCode } from '../core/errors.ts'
import { statIfExists } from '../platform/files.ts'
import { hashFile } from '../platform/hash-file.ts'
import { assignTargets } from '../resolve/model-targets.ts'
import type { DraftNote } from '../spec/draft.ts'
import type { SpecModel } from '../spec/types.ts'

export interface FoundChecksums {
  /** `sha256:<hex>` by index of the model. */
  checksums: ReadonlyMap<number, string>
  notes: DraftNote[]
}

/**
 * sha256 of the local file of every model that has no checksum (R97): the file at the model's target
 * below `root`, else the only one of its name anywhere below it.
 */
export async function checksumsOf(
  ctx: Ctx,
  models: readonly SpecModel[],
  root: string,
): Promise<FoundChecksums> {
  const checksums = new Map<number, string>()
  const notes: DraftNote[] = []
  let files: Map<string, string[]> | null = null
  for (const [index, model] of models.entries()) {
    const target = assignTargets([model]).models[0]?.target_path
    if (model.checksum !== null || target === undefined) continue
    files ??= filesByName(root)
    const found = findFile(root, target, files)
    if (typeof found === 'string') {
      const step = { id: `checksum:${index}`, kind: 'checksum', subject: target }
      const started = ctx.clock.now()
      ctx.emit({ type: 'step.start', ...step })
      checksums.set(index, `sha256:${await hashFile(ctx, found, 'sha256')}`)
      ctx.emit({ type: 'step.end', ...step, ms: ctx.clock.now() - started, reused: false })
    } else notes.push({ subject: model.source, ...found })
  }
  return { checksums, notes }
}

function findFile(
  root: string,
  target: string,
  files: ReadonlyMap<string, readonly string[]>,
): string | Pick<DraftNote, 'code' | 'detail'> {
  const direct = join(root, target)
  if (statIfExists(direct)?.isFile() === true) return direct
  const named = files.get(basename(target)) ?? []
  const [only] = named
  if (only === undefined) return { code: 'CHECKSUM_NO_FILE', detail: direct }
  return named.length === 1 ? only : { code: 'CHECKSUM_SEVERAL', detail: named.join(', ') }
}

/** Every file below a folder by its name; folders behind links are not entered. */
function filesByName(root: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const visit = (dir: string) => {
    for (const entry of list(dir)) {
      const path = join(dir, entry.name)
      if (entry.isDirectory() && !entry.name.startsWith('.')) visit(path)
      else if (entry.isFile()) found.set(entry.name, [...(found.get(entry.name) ?? []), path])
    }
  }
  visit(root)
  return found
}

function list(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return []
    throw error
  }
}
