import type { Ctx } from '../core/context.ts'
import { statIfExists } from '../platform/files.ts'
import type { LockModel } from '../spec/types.ts'
import { categoryOf } from './category.ts'
import { placementOf } from './placement.ts'
import { recordName } from './record-name.ts'
import { parseSource } from './sources/index.ts'
import { readIndex, type StoreIndex } from './store.ts'
import type { ModelPresence, ModelRoots, Source } from './types.ts'

/**
 * What is known on this machine about each model of a lock, in order. No network.
 * @param baseDir where relative paths of file sources start
 * @throws what parseSource and placementOf throw
 */
export function lookUpModels(
  ctx: Ctx,
  roots: ModelRoots,
  models: readonly LockModel[],
  baseDir: string,
): ModelPresence[] {
  const index = readIndex(roots.modelsDir)
  return models.map((model) => lookUp(roots, model, parseSource(ctx, model.source, baseDir), index))
}

function lookUp(
  roots: ModelRoots,
  model: LockModel,
  source: Source,
  index: StoreIndex,
): ModelPresence {
  const { kind, target, bytes } = placementOf(roots, model, source, index)
  const isAdoptable = kind === 'occupied' && model.checksum !== null
  const local = kind === 'present' || kind === 'link' || source.kind === 'file' || isAdoptable
  const known = kind === 'missing' && source.kind === 'file' ? source.path : bytes
  return {
    source: model.source,
    category: categoryOf(model),
    present: kind === 'present',
    way: WAYS[kind],
    local,
    path: target,
    size: statIfExists(known)?.size ?? null,
    arrived: kind === 'missing' ? arrivedBytes(bytes) : 0,
  }
}

const WAYS = { present: 'present', link: 'link', occupied: 'adopt', missing: 'fetch' } as const

/** A download may be written in any order, so only blocks that are there count. */
function arrivedBytes(bytes: string): number {
  const part = statIfExists(`${bytes}.part`)
  return part === null ? 0 : Math.min(part.size, part.blocks * 512)
}

/** The record of a placed model, for `presentModels`; null when its bytes were never recorded. */
export function recordNameOf(source: Source, index: StoreIndex): string | null {
  const record = index.recordOf(source.key)
  return record === null ? null : recordName(source.key, record.path)
}
