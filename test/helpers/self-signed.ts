import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { tempDir } from './temp.ts'

export interface SelfSigned {
  key: string
  cert: string
  /** The certificate as a file, for `SSL_CERT_FILE`. */
  certFile: string
}

/**
 * A certificate of the loopback addresses, and of names, that only those trust who are given it.
 */
export async function selfSigned(names: readonly string[] = []): Promise<SelfSigned> {
  const [subject = '127.0.0.1'] = names // two of one subject cannot be trusted at once
  const { private: key, cert } = await generate([{ name: 'commonName', value: subject }], {
    keyType: 'ec',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
          ...['localhost', ...names].map((value) => ({ type: 2 as const, value })),
        ],
      },
    ],
  })
  const certFile = join(tempDir('tls'), 'cert.pem')
  writeFileSync(certFile, cert)
  return { key, cert, certFile }
}
