import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { extractZip } from '../platform/extract-zip.ts'
import type { FileFact } from '../platform/tree-files.ts'

/** Which archive is unpacked, for messages. */
export interface ArchiveName {
  id: string
  version: string
}

const MAX_ENTRIES = 50_000
const MAX_BYTES = 2 * 1024 ** 3
/** Text shrinks to a tenth, an empty file of a bomb to a thousandth. */
const MAX_RATIO = 100

/**
 * Unpack the archive of a registry package into an empty folder. A file may be executable; other
 * modes are ours.
 * @returns every file with the hash of its content
 * @throws ARCHIVE_REFUSED, INTERRUPTED, what the disk says
 */
export function extractArchive(
  ctx: Ctx,
  archive: string,
  dir: string,
  { id, version }: ArchiveName,
): Promise<Record<string, FileFact>> {
  return extractZip(ctx, archive, dir, {
    maxEntries: MAX_ENTRIES,
    maxBytes: MAX_BYTES,
    maxRatio: MAX_RATIO,
    modeOf: (mode) => ((mode & 0o111) === 0 ? 0o644 : 0o755),
    refused: (reason, cause) =>
      new ComfypinError('ARCHIVE_REFUSED', { id, version, reason }, { cause }),
  })
}
