import { closeSync, openSync, readSync } from 'node:fs'

/** True for a file that starts as a zip archive does. */
export function isZip(file: string): boolean {
  const head = Buffer.alloc(4)
  const fd = openSync(file, 'r')
  try {
    return readSync(fd, head) === 4 && head.toString('latin1') === 'PK\u0003\u0004'
  } finally {
    closeSync(fd)
  }
}
