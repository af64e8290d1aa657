import { ComfypinError } from '../../core/errors.ts'
import type { RemoteAddress } from '../types.ts'
import { canonicalUrl } from './http.ts'

/** Canonical addresses begin with it, whatever mirror they are fetched from. */
export const CIVITAI = 'https://civitai.com'

const HOSTS = new Set(['civitai.com', 'www.civitai.com'])
const FORM = 'civitai://models/<version id>, the number after "modelVersionId=" in the page address'

/**
 * `civitai://models/<versionId>` and `civitai://api/download/models/<versionId>?type=&format=` (R57).
 * @throws MODEL_SOURCE_INVALID
 */
export function civitaiAddress(text: string): RemoteAddress {
  const [, id, query] =
    /^civitai:\/\/(?:api\/download\/)?models\/(\d+)\/?(?:\?([^#]*))?$/i.exec(text) ?? []
  if (id === undefined) throw invalid(text, 'it names no model version')
  return download(id, new URLSearchParams(query ?? ''))
}

/**
 * A download address or the page of a version on civitai.com; null for any other host or page.
 * @throws MODEL_SOURCE_INVALID for the page of a model without a version
 */
export function civitaiUrl(text: string, url: URL): RemoteAddress | null {
  if (!HOSTS.has(url.hostname) || url.protocol !== 'https:' || url.port !== '') return null
  const id = /^\/api\/download\/models\/(\d+)\/?$/.exec(url.pathname)?.[1]
  if (id !== undefined) return download(id, url.searchParams)
  if (!/^\/models\/\d+(?:\/|$)/.test(url.pathname)) return null
  const version = url.searchParams.get('modelVersionId') ?? ''
  if (!/^\d+$/.test(version)) throw invalid(text, 'it is the page of a model, not of one version')
  return download(version, new URLSearchParams())
}

/** A token in the address becomes a header: it stays out of everything that shows addresses. */
function download(id: string, parameters: URLSearchParams): RemoteAddress {
  const url = new URL(`${CIVITAI}/api/download/models/${id}`)
  for (const [name, value] of parameters) url.searchParams.append(name, value)
  const token = parameters.get('token')
  const canonical = canonicalUrl(url)
  return {
    kind: 'civitai',
    canonical,
    url: canonical,
    fileName: null,
    authorization: token === null ? null : `Bearer ${token}`,
  }
}

function invalid(source: string, reason: string): ComfypinError {
  return new ComfypinError('MODEL_SOURCE_INVALID', { source, reason, form: FORM })
}
