const SECRET_PATTERNS: readonly [RegExp, string][] = [
  // user:password@host and token@host in URLs
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*(?::[^\s/@]*)?@/gi, '$1***@'],
  [
    /([?&](?:token|access_token|api_key|apikey|key|signature|sig|x-amz-[a-z-]+|x-goog-[a-z-]+|password|secret)=)[^&\s"']+/gi,
    '$1***',
  ],
  [/(authorization:?\s*(?:bearer|basic)?\s+)[^\s"']+/gi, '$1***'],
  [/\b(bearer\s+)[a-z0-9._~+/=-]{8,}/gi, '$1***'],
  [/\b(hf_|ghp_|gho_|ghs_|github_pat_|glpat-)[A-Za-z0-9_-]{8,}/g, '$1***'],
]

/** Text without credentials: URL user info, signed query values, bearer headers, well-known token shapes. */
export function redact(text: string): string {
  return SECRET_PATTERNS.reduce((out, [pattern, to]) => out.replace(pattern, to), text)
}

/** `redact` for every string inside a JSON-like value. */
export function redactDeep(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(redactDeep)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactDeep(inner)]))
  return value
}
