import { createHash } from 'node:crypto'

/** A decoded picture: 8 bits per channel, RGBA. */
export interface Pixels {
  width: number
  height: number
  data: Uint8Array
}

/** A picture of 16 000 by 16 000; more would not fit into memory several times. */
const MAX_PIXELS = 2 ** 28

/**
 * The picture of a PNG without its metadata (ComfyUI writes the whole workflow into it). null for
 * what is better compared byte by byte: no PNG, a damaged or animated one, one that is too large.
 * Depths above 8 bits are rounded.
 */
export async function decodePng(bytes: Buffer): Promise<Pixels | null> {
  if (bytes.toString('latin1', 1, 4) !== 'PNG' || bytes.length < 33) return null
  if (bytes.readUInt32BE(16) * bytes.readUInt32BE(20) > MAX_PIXELS) return null
  if (isAnimated(bytes)) return null
  const { PNG } = await import('pngjs')
  try {
    const { width, height, data } = PNG.sync.read(bytes)
    return { width, height, data }
  } catch {
    return null // damaged, as the doc says
  }
}

/** Says so in a chunk before the first picture's data, which may follow much metadata. */
function isAnimated(bytes: Buffer): boolean {
  for (let at = 8; at + 8 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (type === 'acTL') return true
    if (type === 'IDAT') return false
  }
  return false
}

/** The picture as a PNG without metadata. */
export async function encodePng({ width, height, data }: Pixels): Promise<Buffer> {
  const { PNG } = await import('pngjs')
  const png = new PNG({ width, height })
  png.data = Buffer.from(data)
  return PNG.sync.write(png)
}

/** Equal for pictures of the same size and the same pixels. */
export function hashPixels({ width, height, data }: Pixels): string {
  return createHash('sha256').update(`${width}x${height}\n`).update(data).digest('hex')
}
