import { ComfypinError } from '../../core/errors.ts'
import { safeFileName } from '../file-name.ts'
import type { BucketAddress } from '../types.ts'

type Store = BucketAddress['kind']

const FORMS = {
  gs: 'gs://bucket/folder/file.safetensors, with ?generation=N for one version',
  s3: 's3://bucket/folder/file.safetensors, with ?region=, ?endpoint= or ?versionId= at its end',
}

const PARAMETERS: Readonly<Record<Store, readonly string[]>> = {
  gs: ['generation'],
  s3: ['region', 'endpoint', 'versionId'],
}

/**
 * `gs://bucket/object[?generation=]`, `s3://bucket/key[?region=&endpoint=&versionId=]`. As with the
 * stores' own tools the name is meant as it stands: nothing in it is escaped, and a `?` that none of
 * these parameters follows is part of it.
 * @throws MODEL_SOURCE_INVALID
 */
export function bucketAddress(kind: Store, text: string): BucketAddress {
  const [, bucket = '', rest = ''] = /^[a-z0-9]+:\/\/([^/]*)(?:\/(.*))?$/is.exec(text) ?? []
  if (!/^[a-z0-9][\w.-]{0,220}[a-z0-9]$/i.test(bucket))
    throw invalid(kind, text, 'it names no bucket')
  const { object, parameters } = splitQuery(kind, rest)
  if (object === '' || object.endsWith('/')) throw invalid(kind, text, 'it names no file')
  if (/\p{Cc}/u.test(object) || object.split('/').some((part) => part === '.' || part === '..'))
    throw invalid(kind, text, 'its path has a climbing part or a control character')
  const revision = parameters.get('versionId') ?? parameters.get('generation')
  const endpoint = endpointOf(kind, text, parameters.get('endpoint'))
  return {
    kind,
    canonical: canonicalText(kind, bucket, object, { revision, endpoint }),
    fileName: safeFileName(object),
    bucket,
    object,
    revision,
    region: parameters.get('region'),
    endpoint,
  }
}

function splitQuery(kind: Store, rest: string): { object: string; parameters: URLSearchParams } {
  const mark = rest.lastIndexOf('?')
  const parameters = new URLSearchParams(mark < 0 ? '' : rest.slice(mark + 1))
  const names = [...parameters.keys()]
  const isQuery = names.length > 0 && names.every((name) => PARAMETERS[kind].includes(name))
  return isQuery
    ? { object: rest.slice(0, mark), parameters }
    : { object: rest, parameters: new URLSearchParams() }
}

/** Without a login: keys of a store never stand in an address. */
function endpointOf(kind: Store, text: string, endpoint: string | null): string | null {
  if (endpoint === null) return null
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '')
    throw invalid(kind, text, 'its endpoint is no web address')
  return url.href.replace(/\/+$/, '')
}

/** The region is where a bucket lies, not which; an endpoint is another world of buckets. */
function canonicalText(
  kind: Store,
  bucket: string,
  object: string,
  { revision, endpoint }: Pick<BucketAddress, 'revision' | 'endpoint'>,
): string {
  const query = new URLSearchParams()
  if (endpoint !== null) query.set('endpoint', endpoint)
  if (revision !== null) query.set(kind === 'gs' ? 'generation' : 'versionId', revision)
  const suffix = query.size === 0 ? '' : `?${query.toString()}`
  return `${kind}://${bucket}/${object}${suffix}`
}

function invalid(kind: Store, source: string, reason: string): ComfypinError {
  return new ComfypinError('MODEL_SOURCE_INVALID', { source, reason, form: FORMS[kind] })
}
