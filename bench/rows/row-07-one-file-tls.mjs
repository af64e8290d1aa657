import { oneFileRow } from '../lib/one-file-row.mjs'

export const row = oneFileRow({
  number: 7,
  title: 'One big file over TLS, fast server',
  tls: true,
  targets: { curl: 0.95 },
})
