import { safeFileName } from './file-name.ts'
import { percentDecode } from './percent-decode.ts'

/**
 * The file name of a `Content-Disposition` header (RFC 6266): `filename*` before `filename`, made
 * safe. Node hands header bytes over as Latin-1; servers mostly mean UTF-8.
 */
export function dispositionName(header: string | undefined): string | null {
  if (header === undefined) return null
  const extended = /(?:^|;)\s*filename\*\s*=\s*(?:utf-8)?'[^']*'([^;\s]+)/i.exec(header)?.[1]
  const decoded = extended === undefined ? null : percentDecode(extended)
  if (decoded !== null) return safeFileName(decoded)
  const plain = /(?:^|;)\s*filename\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;\s"]+))/i.exec(header)
  const value = plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2]
  return value === undefined ? null : safeFileName(asUtf8(value))
}

function asUtf8(latin1: string): string {
  const text = Buffer.from(latin1, 'latin1').toString('utf8')
  return text.includes('\uFFFD') ? latin1 : text
}
