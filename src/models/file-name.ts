import { extname } from 'node:path'

/** Room for suffixes such as `.part.json` below the 255 bytes of most filesystems. */
const MAX_BYTES = 200

/** Names that Windows keeps for devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i

/** Extensions that ComfyUI and its packs look for; a name that ends otherwise takes its source's. */
const KNOWN_EXTENSION =
  /\.(?:safetensors|ckpt|pt2?|pth|bin|pkl|sft|gguf|ggml|onnx|engine|trt|tflite|pb|h5|msgpack|npz?|npy|mlmodel|ya?ml|json|txt|model|vocab|csv|zip|tar|t?gz|ttf|otf|cube|png|jpe?g|webp|py)$/i

/**
 * A file name made safe for every common filesystem, or null when nothing of it is left. Folders in
 * it are dropped; control and direction characters, and what Windows forbids, become `_` (R17).
 */
export function safeFileName(name: string): string | null {
  const base = name.normalize('NFC').split(/[/\\]/).at(-1) ?? ''
  const clean = base
    .replace(/[\p{C}<>:"|?*]/gu, '_')
    .replace(/^[\s.]+/, '')
    .replace(/[\s.]+$/, '')
  if (clean === '' || /^_+$/.test(clean)) return null
  return shorten(DEVICE.test(clean) ? `_${clean}` : clean)
}

/**
 * The name of a model's file: what the spec says, with the source's extension when it has none that
 * anybody looks for; else the source's own name.
 */
export function targetName(name: string | null, sourceName: string | null): string | null {
  if (name === null) return sourceName
  const extension = extname(sourceName ?? '')
  return hasExtension(name) || !hasExtension(extension) ? name : `${name}${extension}`
}

/** True for a name that ends as files of models do. */
export function hasExtension(name: string): boolean {
  return KNOWN_EXTENSION.test(name)
}

/** Cut in the middle: the extension stays, and no character is torn apart. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name
  const extension = extname(name)
  const tail = Buffer.byteLength(extension) > 20 ? '' : extension
  const room = MAX_BYTES - Buffer.byteLength(tail)
  let stem = ''
  let used = 0
  for (const character of name.slice(0, name.length - tail.length)) {
    used += Buffer.byteLength(character)
    if (used > room) break
    stem += character
  }
  return stem + tail
}
