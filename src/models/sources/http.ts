import { safeFileName } from '../file-name.ts'
import { percentDecode } from '../percent-decode.ts'
import type { RemoteAddress } from '../types.ts'

/** Query parameters that say who asks, or until when they may: not part of what is asked for. */
const SECRET_PARAMETER =
  /^(?:token|access_token|api_?key|key|signature|sig|expires|password|secret|(?:x-amz|x-goog)-.*|key-pair-id|policy|googleaccessid|awsaccesskeyid)$/i

/** Any other address on the web (R55). */
export function httpAddress(url: URL): RemoteAddress {
  return {
    kind: 'http',
    canonical: canonicalUrl(url),
    url: withoutLogin(url).href,
    fileName: safeFileName(percentDecode(url.pathname.split('/').at(-1) ?? '') ?? ''),
    authorization: loginOf(url),
  }
}

/** Without credentials and fragment, parameters in order: equal for addresses of the same file. */
export function canonicalUrl(url: URL): string {
  const clean = withoutLogin(url)
  for (const name of [...clean.searchParams.keys()])
    if (SECRET_PARAMETER.test(name)) clean.searchParams.delete(name)
  clean.searchParams.sort()
  return clean.href
}

function withoutLogin(url: URL): URL {
  const clean = new URL(url)
  clean.username = ''
  clean.password = ''
  clean.hash = ''
  return clean
}

function loginOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null
  const login = [username, password].map((part) => percentDecode(part) ?? part).join(':')
  return `Basic ${Buffer.from(login).toString('base64')}`
}
