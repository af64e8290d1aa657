import { crc32, deflateRawSync } from 'node:zlib'

/** One entry of a zip as it is written, true or not. */
export interface ZipEntry {
  name: string
  content?: string | Buffer
  /** Unix mode with its type; default: a plain file, or a folder when the name ends with a slash. */
  mode?: number
  /** What the zip says of the size of the content. */
  claimBytes?: number
  encrypted?: boolean
}

/** A zip of exactly these entries, in this order; names are not looked at. */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '')
    const packed = deflateRawSync(content)
    const fields = fieldsOf(entry, content, packed)
    const name = Buffer.from(entry.name)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.alloc(2)])
    local.writeUInt16LE(name.length, 26)
    const central = Buffer.alloc(46)
    central.write('PK\u0001\u0002', 'latin1')
    central.writeUInt16LE((3 << 8) | 20, 4) // made on Unix
    fields.copy(central, 6)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(modeOf(entry) * 0x10000, 38)
    central.writeUInt32LE(offset, 42)
    bodies.push(local, name, packed)
    directory.push(central, name)
    offset += local.length + name.length + packed.length
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...bodies, ...directory, end])
}

/** A zip of plain files. */
export function zipOf(files: Readonly<Record<string, string | Buffer>>): Buffer {
  return makeZip(Object.entries(files).map(([name, content]) => ({ name, content })))
}

/** The fields that local and central headers share: version needed to name length. */
function fieldsOf(entry: ZipEntry, content: Buffer, packed: Buffer): Buffer {
  const fields = Buffer.alloc(24)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(0x800 | (entry.encrypted === true ? 1 : 0), 2) // names are UTF-8
  fields.writeUInt16LE(8, 4)
  fields.writeUInt16LE(0x21, 8) // 1 January 1980
  fields.writeUInt32LE(crc32(content), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(entry.claimBytes ?? content.length, 18)
  return fields
}

function modeOf({ name, mode }: ZipEntry): number {
  return mode ?? (name.endsWith('/') ? 0o040755 : 0o100644)
}
