import { ComfypinError, reasonOf } from '../../core/errors.ts'
import { parseToml } from '../../platform/parse-toml.ts'
import { parseYaml } from '../../platform/parse-yaml.ts'

/** Snapshots have kilobytes; more than this is no file of this kind. */
export const MAX_IMPORT_BYTES = 16 * 2 ** 20

/**
 * The data in a foreign file: JSON, TOML by its name, else YAML.
 * @throws IMPORT_UNREADABLE
 */
export async function parseDocument(text: string, fileName: string): Promise<unknown> {
  const clean = text.replace(/^\uFEFF/, '')
  if (Buffer.byteLength(clean) > MAX_IMPORT_BYTES)
    throw unreadable(fileName, `more than ${MAX_IMPORT_BYTES / 2 ** 20} MiB`)
  try {
    if (/\.toml$/i.test(fileName)) return await parseToml(clean)
    if (/\.json$/i.test(fileName) || /^\s*[[{]/.test(clean)) return JSON.parse(clean)
    return await parseYaml(clean)
  } catch (error) {
    throw unreadable(fileName, reasonOf(error).split('\n')[0] ?? '', error)
  }
}

function unreadable(file: string, reason: string, cause?: unknown): ComfypinError {
  return new ComfypinError('IMPORT_UNREADABLE', { file, reason }, { cause })
}
