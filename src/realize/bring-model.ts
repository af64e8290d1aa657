import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { copyLocal } from '../download/copy-local.ts'
import { forgetLeftover, reclaim } from '../download/reclaim.ts'
import { transfer } from '../download/transfer.ts'
import type { TransferResult } from '../download/types.ts'
import { adoptModel } from '../models/adopt-model.ts'
import { withModelLock } from '../models/model-lock.ts'
import { offerOf } from '../models/offers/index.ts'
import { linkModel, recordModel } from '../models/place-model.ts'
import { placementOf, type Placement } from '../models/placement.ts'
import { sizeOf } from '../models/probe-source.ts'
import { parseSource } from '../models/sources/index.ts'
import type { ModelRoots, Source } from '../models/types.ts'
import type { Digest } from '../platform/hash-file.ts'
import type { HttpAgents } from '../platform/open-url.ts'
import type { Checksum, LockModel } from '../spec/types.ts'

export interface ModelRequest {
  /** Names the transfer in events. */
  readonly id: string
  readonly model: LockModel
  readonly roots: ModelRoots
  /** Fetch the bytes although they are there: somebody found them damaged. */
  readonly anew: boolean
  /** `store`: a model of a home stays in the store; only a realize knows whether its folder is there. */
  readonly upTo: 'store' | 'target'
  /** Called when it can be used; then the disk has still to take it. Not called when it was there. */
  readonly onLanded: () => void
}

/**
 * Bring one model into the store and to its target. A file that is fetched anew replaces the old one
 * when it is whole.
 * @param agents connections shared by all models of a run
 * @returns how it was before
 */
export async function bringModel(
  ctx: Ctx,
  request: ModelRequest,
  agents: HttpAgents,
): Promise<Placement['kind']> {
  const { model, roots, anew } = request
  const source = parseSource(ctx, model.source, '/')
  return withModelLock(ctx, roots, model, source, async () => {
    const placement = settledPlacement(roots, model, source)
    const { kind } = placement
    if (kind === 'present' && !anew) return kind
    if (kind === 'missing' || (anew && kind !== 'occupied'))
      await receive(ctx, request, source, placement, agents)
    else {
      if (kind === 'occupied') {
        await adoptModel(ctx, roots, model, source, () => sizeOf(ctx, source, agents))
        forgetLeftover(placement.bytes)
      }
      link(request, placement)
    }
    return kind
  })
}

/**
 * Where the model is or goes, after what a killed run left has been looked after.
 * @throws MODEL_FILE_FOREIGN
 */
function settledPlacement(roots: ModelRoots, model: LockModel, source: Source): Placement {
  const placement = placementOf(roots, model, source)
  if (placement.kind === 'present') return placement
  const leftover = reclaim(placement.bytes)
  if (leftover === 'part') return placementOf(roots, model, source)
  if (leftover === 'unproven' && placement.kind === 'occupied' && model.checksum === null)
    throw new ComfypinError('MODEL_FILE_FOREIGN', {
      path: placement.bytes,
      source: source.text,
      reason: 'the machine stopped before its download was on the disk',
    })
  return placement
}

/** The bytes come, the model can be used, the disk has it, and then it is written down. */
async function receive(
  ctx: Ctx,
  request: ModelRequest,
  source: Source,
  placement: Placement,
  agents: HttpAgents,
): Promise<void> {
  const { id, model, roots } = request
  const { bytes: target } = placement
  const onLanded = () => {
    link(request, placement)
    request.onLanded()
  }
  const bring = async (): Promise<TransferResult> => {
    if (source.kind === 'file')
      return copyLocal(ctx, { id, from: source.path, target, checksum: model.checksum, onLanded })
    const { url, headers, size, checksum, describe, renew } = await offerOf(ctx, source, agents)
    return transfer(ctx, {
      id,
      source: source.text,
      url,
      headers,
      target,
      describe,
      renew,
      agents,
      onLanded,
      expectedSize: size,
      checksum: agreedChecksum(source, model.checksum, checksum),
    })
  }
  recordModel(roots, source, placement, await bring())
}

function link({ roots, model, upTo }: ModelRequest, placement: Placement): void {
  if (model.root === 'models' || upTo === 'target') linkModel(roots, model, placement)
}

/**
 * What the spec says of the content, else what the source says (R63). When both say something and it
 * differs, nothing has to be fetched to know that it is the wrong file.
 * @throws DOWNLOAD_CHECKSUM
 */
function agreedChecksum(
  { text: source }: Source,
  wanted: Checksum | null,
  offered: Digest | null,
): Digest | null {
  if (wanted === null || offered?.algorithm !== wanted.algorithm) return wanted ?? offered
  const expected = wanted.hex.toLowerCase()
  const { algorithm, hex: actual } = offered
  if (actual !== expected)
    throw new ComfypinError('DOWNLOAD_CHECKSUM', { source, algorithm, actual, expected })
  return wanted
}
