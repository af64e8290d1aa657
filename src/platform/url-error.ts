/**
 * What Node has no code for: silence (`ETIMEDOUT`), a closed answer, redirects that lead nowhere,
 * schemes other than http and https.
 */
export class UrlError extends Error {
  override readonly name = 'UrlError'
  readonly code: 'ETIMEDOUT' | 'ECLOSED' | 'EREDIRECT' | 'EPROTOCOL'

  constructor(code: UrlError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** What the silence of a server is called, before its answer and within it. */
export function silence(idleMs: number): UrlError {
  return new UrlError('ETIMEDOUT', `not a byte for ${idleMs / 1000} s`)
}
