import { oneFileRow } from '../lib/one-file-row.mjs'

export const row = oneFileRow({
  number: 6,
  title: 'One big file, fast server',
  tls: false,
  targets: { curl: 0.75, 'aria2c -x16': 0.5 },
})
