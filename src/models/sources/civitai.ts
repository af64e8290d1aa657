import { ComfypinError } from '../../core/errors.ts'
import type { RemoteAddress } from '../types.ts'
import { canonicalUrl } from './http.ts'

/** Canonical addresses begin with it, whatever mirror they are fetched from. */
export const CIVITAI = 'https://civitai.com'

const HOSTS = new Set(['civitai.com', 'www.civitai.com'])
const FORM = 'civitai://models/<version id>, the number after "modelVersionId=" in the page address'

/**
 * `civitai://models/<versionId>`, `civitai://api/download/models/<versionId>?type=&format=` (R57), the
 * path of a page (`civitai://models/<model>/<name>?modelVersionId=<versionId>`) and of the API, and
 * Civitai's own short form `civitai:<model>@<versionId>`.
 * @throws MODEL_SOURCE_INVALID
 */
export function civitaiAddress(text: string): RemoteAddress {
  const short = /^civitai:(?:\/\/)?\d+@(\d+)$/i.exec(text)?.[1]
  if (short !== undefined) return download(short, new URLSearchParams())
  const [, path = '', query = ''] = /^civitai:\/\/([^?#]*)(?:\?([^#]*))?$/i.exec(text) ?? []
  return addressAt(text, `/${path}`, new URLSearchParams(query), true)
}

/** `urn:air:<base>:<type>:civitai:<model>@<versionId>`: an AI resource name, as Civitai's pages show it. */
export function civitaiName(text: string): RemoteAddress {
  const id = /^urn:air:[\w.-]*:[\w.-]*:civitai:\d+@(\d+)$/i.exec(text)?.[1]
  if (id === undefined) throw invalid(text, 'it names no version of a model on Civitai')
  return download(id, new URLSearchParams())
}

/**
 * A download address or the page of a version on civitai.com; null for any other host.
 * @throws MODEL_SOURCE_INVALID for the page of a model without a version
 */
export function civitaiUrl(text: string, url: URL): RemoteAddress | null {
  if (!HOSTS.has(url.hostname) || url.protocol !== 'https:' || url.port !== '') return null
  if (
    !/^\/(?:api\/download\/models|api\/v1\/model-versions|models)\/\d+(?:\/|$)/.test(url.pathname)
  )
    return null
  return addressAt(text, url.pathname, url.searchParams, false)
}

/**
 * @param isShort a number after `models/` is that of a version, as in `civitai://`; on the page of a
 * model it is the model's, and the version stands in the query
 */
function addressAt(
  text: string,
  path: string,
  parameters: URLSearchParams,
  isShort: boolean,
): RemoteAddress {
  const direct = /^\/api\/(?:download\/models|v1\/model-versions)\/(\d+)\/?$/.exec(path)?.[1]
  if (direct !== undefined) return download(direct, parameters)
  const [, number, name] = /^\/models\/(\d+)(\/[^/]*)?\/?$/.exec(path) ?? []
  if (number === undefined) throw invalid(text, 'it names no model version')
  const version = parameters.get('modelVersionId')
  if (version !== null && /^\d+$/.test(version)) return download(version, withoutPage(parameters))
  if (version === null && isShort && (name === undefined || name === '/'))
    return download(number, parameters)
  throw invalid(text, 'it is the page of a model, not of one version')
}

function withoutPage(parameters: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...parameters].filter(([name]) => name !== 'modelVersionId'))
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
