import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Lock, LockModel } from '../resolve/types.ts'

/** The folder in `custom_nodes` that a model goes into (R51); null: it goes elsewhere. */
export function packOf({ root, target_path }: Pick<LockModel, 'root' | 'target_path'>) {
  const [top, folder, ...rest] = target_path.split('/')
  const isInside = root === 'home' && top === 'custom_nodes' && rest.length > 0
  return isInside ? (folder ?? null) : null
}

/**
 * True for a model whose pack the version does not have. Without it its folder would be one that
 * ComfyUI takes for a broken pack, so nothing is put there.
 * @param isThere whether the user has something of that name in `custom_nodes`
 */
export function isPackless(
  model: LockModel,
  { custom_nodes: packs }: Pick<Lock, 'custom_nodes'>,
  isThere: (name: string) => boolean,
): boolean {
  const folder = packOf(model)
  return folder !== null && !packs.some(({ name }) => name === folder) && !isThere(folder)
}

/** Indexes of the models of a lock that have a place in a home as it is. */
export function placeableModels(lock: Lock, customNodes: string): number[] {
  const isThere = (name: string) => existsSync(join(customNodes, name))
  return lock.models.flatMap((model, index) => (isPackless(model, lock, isThere) ? [] : [index]))
}
