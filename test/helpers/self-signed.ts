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

/** A certificate of the loopback addresses that only those trust who are given it. */
export async function selfSigned(): Promise<SelfSigned> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
          { type: 2, value: 'localhost' },
        ],
      },
    ],
  })
  const certFile = join(tempDir('tls'), 'cert.pem')
  writeFileSync(certFile, cert)
  return { key, cert, certFile }
}
