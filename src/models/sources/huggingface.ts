import { ComfypinError } from '../../core/errors.ts'
import { safeFileName } from '../file-name.ts'
import { percentDecode } from '../percent-decode.ts'
import type { RemoteAddress } from '../types.ts'
import { canonicalUrl } from './http.ts'

/** Canonical addresses begin with it, whatever mirror they are fetched from. */
export const HUGGING_FACE = 'https://huggingface.co'

const HOSTS = new Set(['huggingface.co', 'www.huggingface.co', 'hf.co'])
const FORM = 'hf://org/repo/path/file.safetensors, with @revision after repo or ?rev=revision'

/**
 * `hf://org/repo[@rev]/path[?rev=|?revision=]`, also `huggingface://` and a leading `datasets/` or
 * `spaces/` (R56). A revision with slashes is escaped (`%2F`) or stands in the query.
 * @throws MODEL_SOURCE_INVALID
 */
export function huggingFaceAddress(text: string): RemoteAddress {
  const [, path = '', query = ''] = /^[a-z]+:\/\/([^?#]*)(?:\?([^#]*))?/i.exec(text) ?? []
  const segments = path.split('/').map((segment) => percentDecode(segment))
  const type = segments[0] === 'datasets' || segments[0] === 'spaces' ? segments.shift() : null
  const [owner, repoAndRevision, ...file] = segments
  const at = repoAndRevision?.indexOf('@') ?? -1
  const repo = at < 0 ? repoAndRevision : repoAndRevision?.slice(0, at)
  const revision = at < 0 ? null : (repoAndRevision?.slice(at + 1) ?? null)
  return resolveAddress(text, {
    repo: [type, owner, repo].filter((part) => part !== null).join('/'),
    revision: revisionOf(text, query) ?? revision ?? 'main',
    file,
  })
}

/**
 * A page or download address of huggingface.co (R58); null for any other host.
 * @throws MODEL_SOURCE_INVALID
 */
export function huggingFaceUrl(text: string, url: URL): RemoteAddress | null {
  if (!HOSTS.has(url.hostname) || url.protocol !== 'https:' || url.port !== '') return null
  const file =
    /^\/((?:(?:datasets|spaces)\/)?[^/]+\/[^/]+)\/(?:resolve|blob)\/(refs\/[^/]+\/[^/]+|[^/]+)\/(.+)$/.exec(
      url.pathname,
    )
  const [, repo, revision, path] = file ?? []
  if (repo === undefined || revision === undefined || path === undefined) return otherUrl(url)
  return resolveAddress(text, {
    repo,
    revision: percentDecode(revision),
    file: path.split('/').map((segment) => percentDecode(segment)),
  })
}

interface RepoFile {
  repo: string
  /** null where escapes are broken. */
  revision: string | null
  file: readonly (string | null)[]
}

function resolveAddress(text: string, { repo, revision, file }: RepoFile): RemoteAddress {
  if (!/^(?:(?:datasets|spaces)\/)?[\w.-]+\/[\w.-]+$/.test(repo))
    throw invalid(text, 'it names no repository')
  if (revision === null || !isPlain(revision))
    throw invalid(text, 'its revision is empty or broken')
  const names = file.map((segment) => {
    if (segment === null || !isPlain(segment) || segment.includes('/'))
      throw invalid(text, 'its path has an empty, broken or climbing part')
    return segment
  })
  if (names.length === 0) throw invalid(text, 'it names no file')
  const path = names.map(encodeURIComponent).join('/')
  const canonical = `${HUGGING_FACE}/${repo}/resolve/${encodeURIComponent(revision)}/${path}`
  return {
    kind: 'huggingface',
    canonical,
    url: canonical,
    fileName: safeFileName(names.at(-1) ?? ''),
    authorization: null,
  }
}

function revisionOf(text: string, query: string): string | null {
  const parameters = new URLSearchParams(query)
  for (const name of parameters.keys())
    if (!['rev', 'revision', 'download'].includes(name))
      throw invalid(text, `its parameter ${name} is not known`)
  return parameters.get('rev') ?? parameters.get('revision')
}

/** Something else on the same host, such as a file of its API. */
function otherUrl(url: URL): RemoteAddress {
  const canonical = canonicalUrl(url).replace(/^https:\/\/[^/]+/, HUGGING_FACE)
  const fileName = safeFileName(percentDecode(url.pathname.split('/').at(-1) ?? '') ?? '')
  return { kind: 'huggingface', canonical, url: canonical, fileName, authorization: null }
}

function isPlain(part: string): boolean {
  return (
    part !== '' &&
    !part.split('/').some((name) => name === '..' || name === '.' || name === '') &&
    !/\p{Cc}/u.test(part)
  )
}

function invalid(source: string, reason: string): ComfypinError {
  return new ComfypinError('MODEL_SOURCE_INVALID', { source, reason, form: FORM })
}
