import type { Ctx } from '../../core/context.ts'
import { ComfypinError } from '../../core/errors.ts'
import type { Settings } from '../../core/settings.ts'
import { sourceKey } from '../record-name.ts'
import type { RemoteAddress, Source, SourceAddress } from '../types.ts'
import { bucketAddress } from './bucket.ts'
import { CIVITAI, civitaiAddress, civitaiName, civitaiUrl } from './civitai.ts'
import { fileAddress } from './file.ts'
import { createHint } from './hints.ts'
import { httpAddress } from './http.ts'
import { HUGGING_FACE, huggingFaceAddress, huggingFaceUrl } from './huggingface.ts'

const KNOWN = 'https:, http:, hf:, civitai:, gs:, s3:, file:, path'

/**
 * A source, ready to be asked: tokens, mirrors and hints of this process included.
 * @param baseDir where relative paths start: the folder of the spec file
 * @throws MODEL_SOURCE_UNSUPPORTED, MODEL_SOURCE_INVALID
 */
export function parseSource({ settings }: Ctx, text: string, baseDir: string): Source {
  const address = sourceAddress(text, baseDir)
  const base = { text, key: sourceKey(address.canonical) }
  if (!isRemote(address)) return { ...address, ...base }
  const { authorization, ...remote } = address
  const access = accessOf(settings, remote.kind)
  const login = authorization ?? (access.token === null ? null : `Bearer ${access.token}`)
  return {
    ...remote,
    ...base,
    url: remote.url.startsWith(`${access.origin}/`)
      ? access.endpoint + remote.url.slice(access.origin.length)
      : remote.url,
    headers: login === null ? {} : { authorization: login },
    hintFor: createHint(settings, address),
  }
}

/**
 * What a source's text alone says about it; the same for every process and mirror.
 * @throws MODEL_SOURCE_UNSUPPORTED, MODEL_SOURCE_INVALID
 */
export function sourceAddress(text: string, baseDir: string): SourceAddress {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  switch (scheme) {
    case undefined:
    case 'file':
      return fileAddress(text, baseDir)
    case 'hf':
    case 'huggingface':
      return huggingFaceAddress(text)
    case 'civitai':
      return civitaiAddress(text)
    case 'http':
    case 'https':
      return webAddress(text)
    case 'urn':
      return civitaiName(text)
    case 'gs':
    case 's3':
      return bucketAddress(scheme, text)
    default:
      throw new ComfypinError('MODEL_SOURCE_UNSUPPORTED', { source: text, known: KNOWN })
  }
}

function isRemote(address: SourceAddress): address is RemoteAddress {
  return 'url' in address
}

function webAddress(text: string): RemoteAddress {
  if (!URL.canParse(text))
    throw new ComfypinError('MODEL_SOURCE_INVALID', {
      source: text,
      reason: 'it is no web address',
      form: 'https://host/path/file.safetensors',
    })
  const url = new URL(text)
  return huggingFaceUrl(text, url) ?? civitaiUrl(text, url) ?? httpAddress(url)
}

function accessOf(settings: Settings, kind: RemoteAddress['kind']) {
  const none = { token: null, origin: '', endpoint: '' }
  if (kind === 'huggingface')
    return { token: settings.hfToken, origin: HUGGING_FACE, endpoint: settings.hfEndpoint }
  if (kind === 'civitai')
    return { token: settings.civitaiToken, origin: CIVITAI, endpoint: settings.civitaiEndpoint }
  return none
}
