/**
 * What Node has no code for: silence (`ETIMEDOUT`), a closed answer, an answer that is no HTTP,
 * redirects that lead nowhere, schemes other than http and https, a proxy that refuses.
 */
export class UrlError extends Error {
  override readonly name = 'UrlError'
  readonly code: 'ETIMEDOUT' | 'ECLOSED' | 'EANSWER' | 'EREDIRECT' | 'EPROTOCOL' | 'EPROXY'

  constructor(code: UrlError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** The reason of an abort, or anything else that was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** What the silence of a server is called, before its answer and within it. */
export function silence(idleMs: number): UrlError {
  return new UrlError('ETIMEDOUT', `not a byte for ${idleMs / 1000} s`)
}
