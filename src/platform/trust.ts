import { readFileSync } from 'node:fs'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { readTextIfExists } from './files.ts'

/**
 * Certificates that servers are checked against when `SSL_CERT_FILE` names more of them, as OpenSSL,
 * curl, uv and Python read it; they are added to Node's own. Undefined: Node's own alone (which
 * `NODE_EXTRA_CA_CERTS` extends).
 */
export function readTrust(env: Readonly<Record<string, string>>): SecureContext | undefined {
  const path = env['SSL_CERT_FILE']?.trim()
  const extra = env['NODE_EXTRA_CA_CERTS']?.trim()
  // Reading some hundred certificates takes a while; Node has read these at its start.
  if (!path || path === extra) return undefined
  // a context of its own has none of those that Node was given, and Node passes over what is not there
  const more = extra ? (readTextIfExists(extra) ?? '') : ''
  return createSecureContext({
    ca: [...rootCertificates, readFileSync(path, 'utf8'), ...(more === '' ? [] : [more])],
  })
}
