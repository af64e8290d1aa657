import { extname } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bmp: 'image/bmp',
  exr: 'image/x-exr',
  flac: 'audio/flac',
  gif: 'image/gif',
  glb: 'model/gltf-binary',
  gltf: 'model/gltf+json',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  m4a: 'audio/mp4',
  mkv: 'video/x-matroska',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  obj: 'model/obj',
  ogg: 'audio/ogg',
  opus: 'audio/opus',
  ply: 'model/ply',
  png: 'image/png',
  stl: 'model/stl',
  svg: 'image/svg+xml',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  txt: 'text/plain',
  wav: 'audio/wav',
  webm: 'video/webm',
  webp: 'image/webp',
  zip: 'application/zip',
}

/** Media type by the extension of a file name. */
export function mimeOf(name: string): string {
  const extension = extname(name).slice(1).toLowerCase()
  return Object.hasOwn(TYPES, extension)
    ? (TYPES[extension] ?? 'application/octet-stream')
    : 'application/octet-stream'
}
