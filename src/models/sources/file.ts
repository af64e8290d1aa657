import { basename, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ComfypinError } from '../../core/errors.ts'
import { expandHome } from '../../platform/settings.ts'
import { safeFileName } from '../file-name.ts'
import { percentDecode } from '../percent-decode.ts'
import type { FileAddress } from '../types.ts'

/**
 * A file of this machine: `file:///path`, `file:path` or a plain path; `~` is the user's home and a
 * relative path starts at `baseDir` (R55).
 * @throws MODEL_SOURCE_INVALID
 */
export function fileAddress(text: string, baseDir: string): FileAddress {
  const path = resolve(baseDir, expandHome(pathOf(text)))
  if (path.includes('\0')) throw invalid(text, 'it has a zero byte')
  return {
    kind: 'file',
    canonical: pathToFileURL(path).href,
    fileName: safeFileName(basename(path)),
    path,
  }
}

function pathOf(text: string): string {
  if (!/^file:/i.test(text)) return text
  const rest = text.slice('file:'.length)
  if (!rest.startsWith('/')) return percentDecode(rest) ?? rest
  if (/^\/\/(?!\/|localhost\/)/i.test(rest)) throw invalid(text, 'it names another host')
  try {
    return fileURLToPath(text)
  } catch (error) {
    if (error instanceof TypeError || error instanceof URIError)
      throw invalid(text, 'its escapes are broken')
    throw error
  }
}

function invalid(source: string, reason: string): ComfypinError {
  const form = 'file:///folder/file.safetensors or a plain path'
  return new ComfypinError('MODEL_SOURCE_INVALID', { source, reason, form })
}
