import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../core/settings.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { readTextIfExists } from '../platform/files.ts'
import { requireVersionId } from '../platform/paths.ts'
import { suggest } from '../core/suggest.ts'

export interface SpecFile {
  file: string
  text: string
}

/**
 * The spec of a version: `<versions dir>/<id>.json`, or the file that `--spec` names (R36).
 * @throws SPEC_NOT_FOUND, SPEC_UNREADABLE, ID_INVALID
 */
export function readSpecFile(settings: Settings, id: string | null, path: string | null): SpecFile {
  const file = path ?? join(settings.versionsDir, `${requireVersionId(id ?? '')}.json`)
  let text: string | null
  try {
    text = readTextIfExists(file)
  } catch (error) {
    throw new ComfypinError('SPEC_UNREADABLE', { file, reason: reasonOf(error) }, { cause: error })
  }
  if (text === null)
    throw new ComfypinError('SPEC_NOT_FOUND', {
      id: id ?? file,
      path: file,
      suggestion: suggestion(settings, id, path),
    })
  return { file, text: text.replace(/^\uFEFF/, '') }
}

function suggestion(settings: Settings, id: string | null, path: string | null): string {
  const known = listSpecIds(settings.versionsDir)
  const close = path === null ? suggest(id ?? '', known) : null
  if (close !== null) return `did you mean ${close}?`
  if (known.length > 0) return `${settings.versionsDir} has: ${known.join(', ')}`
  return `make it: comfypin create ${id ?? '<id>'}`
}

/**
 * Ids of all specs in a folder, by file name.
 * @throws SPEC_UNREADABLE when it is there and cannot be listed
 */
export function listSpecIds(versionsDir: string): string[] {
  try {
    return readdirSync(versionsDir)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .map((name) => name.slice(0, -5))
      .toSorted()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    const [file, reason] = [versionsDir, reasonOf(error)]
    throw new ComfypinError('SPEC_UNREADABLE', { file, reason }, { cause: error })
  }
}
