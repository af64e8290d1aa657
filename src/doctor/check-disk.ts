import { statfs } from 'node:fs/promises'
import type { Ctx } from '../core/context.ts'
import { formatBytes } from '../core/units.ts'
import { finding } from './finding.ts'
import { nearestFolder, placesOf, type Place } from './places.ts'
import type { Check, DoctorOptions, RawFinding } from './types.ts'

/** A venv with PyTorch for CUDA takes about 7 GiB, a checkpoint as much again. */
const COMFORTABLE_BYTES = 15 * 2 ** 30
const NEEDED_BYTES = 2 ** 30
/** A venv with PyTorch is about 50 000 files. */
const NEEDED_FILES = 100_000

/** Free space of the folders that grow, and what RunPod says about its volume (R66). */
export const checkDisk: Check = { name: 'disk', timeoutMs: 15_000, run }

async function run(ctx: Ctx, { version }: DoctorOptions): Promise<RawFinding[]> {
  const places = placesOf(ctx.settings, version?.id ?? null).filter(
    ({ folder }) => folder !== 'versions_dir',
  )
  const spaces = await Promise.all(places.map(spaceOf))
  return [...spaces.flat(), ...quotasOf(ctx.settings.env)]
}

async function spaceOf({ folder, path }: Place): Promise<RawFinding[]> {
  const at = await nearestFolder(path)
  if (at === null) return []
  const { bavail, bsize, files, ffree } = await statfs(at)
  const free = bavail * bsize
  const params = { folder, path, free: formatBytes(free) }
  const space =
    free < NEEDED_BYTES
      ? finding('DISK_FULL', params)
      : free < COMFORTABLE_BYTES
        ? finding('DISK_LOW', params)
        : finding('DISK_OK', params)
  const isShort = files > 0 && ffree < NEEDED_FILES
  return isShort ? [space, finding('DISK_FEW_INODES', { folder, path, free: ffree })] : [space]
}

const UNITS: Readonly<Record<string, number>> = {
  BYTES: 1,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
}

/** `RUNPOD_VOLUME_QUOTA_GB` and its siblings: a network volume itself shows the space of its cluster. */
function quotasOf(env: Readonly<Record<string, string>>): RawFinding[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const unit = /^RUNPOD_VOLUME_QUOTA_(BYTES|MB|GB|TB)$/.exec(name)?.[1]
    if (unit === undefined) return []
    const bytes = Number(value) * (UNITS[unit] ?? 1)
    return Number.isFinite(bytes) && bytes > 0
      ? [finding('DISK_QUOTA', { name, quota: formatBytes(bytes) })]
      : [finding('DISK_QUOTA_ODD', { name, value })]
  })
}
