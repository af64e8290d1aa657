import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'
import { isTransient, TransientError } from '../platform/retry.ts'
import type { Part } from './part.ts'
import type { TransferRequest } from './types.ts'

/** Node's own errors become ours; what only the next try can tell stays open. */
export function asFailure(request: TransferRequest, part: Part, error: unknown): unknown {
  if (error instanceof ComfypinError || error instanceof TransientError) return error
  const outcome = outcomeOf(request, part, error)
  return isTransient(error) ? new TransientError(outcome, reasonOf(error)) : outcome
}

/** A body whose bytes do not add up to what was promised. */
export function wrongSize(
  { source }: TransferRequest,
  received: number,
  expected: number,
): ComfypinError {
  return new ComfypinError('DOWNLOAD_SIZE', { source, received, expected })
}

function outcomeOf(request: TransferRequest, part: Part, error: unknown): ComfypinError {
  const { received } = part
  const size = part.identity?.size ?? null
  const isCut = ['ECONNRESET', 'ECLOSED'].includes(systemCode(error) ?? '')
  // A body that ends early and cannot be continued is useless: its size is all there is to say.
  if (isCut && size !== null && received > 0 && !part.isResumable())
    return wrongSize(request, received, size)
  const where = size === null ? '' : ` (${received} of ${size} bytes are here)`
  return new ComfypinError(
    'DOWNLOAD_FAILED',
    {
      source: request.source,
      reason: `${reasonOf(error)}${where}`,
      received: formatBytes(part.isResumable() ? received : 0),
    },
    { cause: error },
  )
}
