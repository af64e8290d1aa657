import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { systemCode } from '../core/errors.ts'
import { mountsOf } from '../platform/store-settings.ts'
import { finding } from './finding.ts'
import type { Check, RawFinding } from './types.ts'

/** The volumes of RunPod: mounted and writable (R147). */
export const checkVolumes: Check = {
  name: 'volume',
  timeoutMs: 10_000,
  run: (ctx) => lookAtVolumes(ctx, mountsOf(ctx.settings.volume.root)),
}

export async function lookAtVolumes(ctx: Ctx, paths: readonly string[]): Promise<RawFinding[]> {
  const found = (await Promise.all(paths.map(lookAt))).flat()
  if (found.length > 0) return found
  const { root } = ctx.settings.volume
  if (root !== null) return [finding('VOLUME_NOT_THERE', { path: root })]
  const isRunPod = ctx.settings.env['RUNPOD_POD_ID'] !== undefined
  return [isRunPod ? finding('VOLUME_ABSENT', {}) : finding('VOLUME_NONE', {})]
}

async function lookAt(path: string): Promise<RawFinding[]> {
  try {
    const [own, parent] = await Promise.all([stat(path), stat(dirname(path))])
    if (own.dev === parent.dev) return [finding('VOLUME_NOT_MOUNTED', { path })]
    await access(path, constants.W_OK | constants.X_OK)
    return [finding('VOLUME_OK', { path })]
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return []
    if (code === 'EACCES' || code === 'EROFS') return [finding('VOLUME_READ_ONLY', { path })]
    throw error
  }
}
