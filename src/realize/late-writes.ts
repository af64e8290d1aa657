import type { Ctx } from '../core/context.ts'
import { changedSinceSeal } from './checkout-seal.ts'
import { readMarker, type Marker } from './marker.ts'
import { stampOf } from './noop.ts'
import { statIfExists } from '../platform/files.ts'

/** A pack of a home that is linked, and what was written into its shared checkout. */
export interface LateWrite {
  name: string
  checkout: string
  /** Paths below the checkout; folders end with a slash. */
  files: string[]
}

/**
 * After a run: packs that wrote into their shared checkout, which the import check could not see,
 * get a private copy with what they wrote, and the checkout is made again; Python packages that
 * changed are told. Without such packs it costs one `lstat` per file of the linked ones. It does its
 * work after Ctrl-C too.
 */
export async function settleHome(ctx: Ctx, home: string): Promise<void> {
  const marker = readMarker(home)
  if (marker === null) return
  if (!isVenvAsLeft(marker)) {
    const { tellChangedVenv } = await import('./changed-packages.ts')
    tellChangedVenv(ctx, home)
  }
  const late = findLateWrites(marker)
  if (late.length === 0) return
  const { healLateWrites } = await import('./heal-late-writes.ts')
  await healLateWrites({ ...ctx, signal: new AbortController().signal }, home, late)
}

/** One `stat`: whatever installs or removes a package changes the folder of them all. */
function isVenvAsLeft({ seal: { stamps } }: Marker): boolean {
  return Object.entries(stamps).every(
    ([path, stamp]) => !path.endsWith('/site-packages') || stampOf(path) === stamp,
  )
}

/** Writes into shared checkouts that no run has settled yet. */
export function findLateWrites(marker: Marker): LateWrite[] {
  return marker.packs.flatMap(({ name, mode, checkout, seal }) => {
    if (mode !== 'link' || statIfExists(checkout)?.isDirectory() !== true) return []
    const files = changedSinceSeal({ dir: checkout, seal })
    return files.length === 0 ? [] : [{ name, checkout, files }]
  })
}
