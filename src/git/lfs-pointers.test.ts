import { expect, test } from 'vitest'
import { parsePointer } from './lfs-pointers.ts'

const OID = 'a'.repeat(64)
const VERSION = 'version https://git-lfs.github.com/spec/v1\n'

test('a pointer is read, with extensions and Windows line ends', () => {
  const expected = { oid: OID, sizeBytes: 12345 }
  expect(parsePointer(`${VERSION}oid sha256:${OID}\nsize 12345\n`)).toEqual(expected)
  expect(
    parsePointer(`${VERSION}ext-0-foo sha256:${OID}\noid sha256:${OID}\nsize 12345\n`),
  ).toEqual(expected)
  expect(
    parsePointer(`${VERSION}oid sha256:${OID}\nsize 12345\n`.replaceAll('\n', '\r\n')),
  ).toEqual(expected)
})

test.each([
  '',
  'text',
  VERSION,
  `${VERSION}oid sha256:${OID}\n`,
  `${VERSION}oid md5:${OID}\nsize 1\n`,
  `${VERSION}oid sha256:../../etc/passwd\nsize 1\n`,
  `${VERSION}oid sha256:${OID}\nsize -1\n`,
  `${VERSION}oid sha256:${OID}\nsize 99999999999999999999\n`,
  `version https://example.org/spec/v1\noid sha256:${OID}\nsize 1\n`,
  ` ${VERSION}oid sha256:${OID}\nsize 1\n`,
])('%j is none', (text) => {
  expect(parsePointer(text)).toBeNull()
})
