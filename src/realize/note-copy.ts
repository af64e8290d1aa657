import { writeAtomic } from '../platform/files.ts'
import type { HomePaths } from '../platform/paths.ts'
import { readMarker } from './marker.ts'

/** The home's marker says that a pack is a copy now, so that the next realize finds nothing to do. */
export function noteCopy(home: HomePaths, name: string): void {
  const marker = readMarker(home.home)
  if (marker === null) return
  const packs = marker.packs.map((pack) =>
    pack.name === name ? ({ ...pack, mode: 'copy' } as const) : pack,
  )
  writeAtomic(home.marker, `${JSON.stringify({ ...marker, packs }, null, 1)}\n`)
}
