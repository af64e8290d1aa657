import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { asDiskWrite, randomName } from './files.ts'

/** A file of an archive that is about to be written. */
export interface ZipFileEntry {
  /** Forward slashes, below the archive's top. */
  name: string
  /** Unix mode without its type. */
  mode: number
  /** Its bytes, when its turn comes; null: it is gone and left out. */
  read(): Uint8Array | null
}

/** Beyond these an archive needs the larger fields of ZIP64, which this does not write. */
const MAX_ENTRIES = 0xffff - 1
const MAX_BYTES = 0xffffffff - 1

/**
 * Write a zip in one piece: the old file, or the new one. Times are left out, so that the same files
 * give the same bytes. Only the owner may read it.
 * @throws DISK_WRITE
 */
export function writeZip(path: string, entries: readonly ZipFileEntry[]): void {
  const staged = join(dirname(path), `.${randomName()}.tmp`)
  asDiskWrite(
    path,
    () => {
      mkdirSync(dirname(path), { recursive: true })
      const fd = openSync(staged, 'wx', 0o600)
      try {
        writeEntries(fd, entries)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renameSync(staged, path)
    },
    () => rmSync(staged, { force: true }),
  )
}

function writeEntries(fd: number, entries: readonly ZipFileEntry[]): void {
  let offset = 0
  const write = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
    offset += bytes.length
    if (offset > MAX_BYTES) throw new Error('a zip of more than 4 GiB')
  }
  const directory: Buffer[] = []
  for (const { name, mode, read } of entries) {
    const content = read()
    if (content === null) continue
    const packed = deflateRawSync(content)
    const fields = commonFields(name, content, packed)
    const start = offset
    write(
      Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.alloc(2), Buffer.from(name)]),
    )
    write(packed)
    directory.push(centralHeader(name, mode, fields, start))
  }
  if (directory.length > MAX_ENTRIES) throw new Error('a zip of more than 65534 files')
  const [start, central] = [offset, Buffer.concat(directory)]
  write(central)
  write(endRecord(directory.length, central.length, start))
}

/** What local and central header share, from "version needed" to the length of the name. */
function commonFields(name: string, content: Uint8Array, packed: Uint8Array): Buffer {
  const fields = Buffer.alloc(24)
  fields.writeUInt16LE(20, 0) // deflate
  fields.writeUInt16LE(0x800, 2) // names are UTF-8
  fields.writeUInt16LE(8, 4)
  fields.writeUInt16LE(0x21, 8) // 1 January 1980, the first day that a zip can say
  fields.writeUInt32LE(crc32(content), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(content.length, 18)
  fields.writeUInt16LE(Buffer.byteLength(name), 22)
  return fields
}

function centralHeader(name: string, mode: number, fields: Buffer, offset: number): Buffer {
  const header = Buffer.alloc(46)
  header.write('PK\u0001\u0002', 'latin1')
  header.writeUInt16LE((3 << 8) | 20, 4) // made on Unix
  fields.copy(header, 6)
  header.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 38)
  header.writeUInt32LE(offset, 42)
  return Buffer.concat([header, Buffer.from(name)])
}

function endRecord(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 'latin1')
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(bytes, 12)
  end.writeUInt32LE(offset, 16)
  return end
}
