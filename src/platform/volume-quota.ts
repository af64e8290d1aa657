import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { statIfExists } from './files.ts'
import { isWithin } from './paths.ts'
import { mountsOf } from './store-settings.ts'

export interface QuotaLeft {
  /** Where the volume is mounted. */
  readonly root: string
  /** Bytes. */
  readonly free: number
}

/**
 * What is left of the quota of the network volume under a path (R66). Its filesystem shows the free
 * space of the whole cluster, so what lies on the volume is counted; that takes a while on a full one.
 * @returns null when nobody said a quota, or the path is not on the volume
 * @throws INTERRUPTED
 */
export async function quotaLeft(ctx: Ctx, path: string): Promise<QuotaLeft | null> {
  const { quotaBytes, root: given } = ctx.settings.volume
  if (quotaBytes === null) return null
  const place = realPlace(path)
  const root = mountsOf(given)
    .filter((mount) => statIfExists(mount) !== null)
    .map((mount) => realpathSync(mount))
    .find((mount) => mount === place || isWithin(mount, place))
  if (root === undefined) return null
  return { root, free: Math.max(0, quotaBytes - (await bytesIn(ctx, root))) }
}

/** The nearest folder that is there. */
function realPlace(path: string): string {
  let at = path
  while (statIfExists(at) === null && dirname(at) !== at) at = dirname(at)
  return realpathSync(at)
}

/** As `du -x` counts: what takes up blocks on this filesystem, each hard-linked file once. */
async function bytesIn(ctx: Ctx, root: string): Promise<number> {
  const { dev } = lstatSync(root)
  const linked = new Set<number>()
  const folders = [root]
  let bytes = 0
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
    for (const path of pathsIn(folder)) {
      const stats = lookAt(path)
      if (stats === null || stats.dev !== dev || linked.has(stats.ino)) continue
      if (stats.isDirectory()) folders.push(path)
      else if (stats.nlink > 1) linked.add(stats.ino)
      bytes += stats.blocks * 512
    }
    await breathe()
  }
  return bytes
}

function pathsIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch (error) {
    if (systemCode(error) === null) throw error
    return [] // gone meanwhile, or not ours to read
  }
}

function lookAt(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null
  } catch (error) {
    if (systemCode(error) === null) throw error
    return null
  }
}
