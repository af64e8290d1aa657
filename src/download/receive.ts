import { dirname } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'
import { openUrl, type HttpAgents, type UrlAnswer } from '../platform/open-url.ts'
import { isTransient, TransientError } from '../platform/retry.ts'
import { judgeAnswer } from './judge-answer.ts'
import { validatorOf } from './journal.ts'
import type { Part } from './part.ts'
import type { Progress } from './progress.ts'
import { requireSpace } from './require-space.ts'
import type { TransferRequest } from './types.ts'

type Request = TransferRequest & { readonly agents: HttpAgents }

/**
 * One try: ask for what is missing and append it until the file is whole.
 * @throws TransientError when another try may help, else a ComfypinError
 */
export async function receive(
  ctx: Ctx,
  request: Request,
  part: Part,
  progress: Progress,
): Promise<void> {
  try {
    const answer = await ask(ctx, request, part)
    try {
      await take(ctx, request, part, progress, answer)
    } finally {
      answer.body.discard()
    }
  } catch (error) {
    throw asFailure(request, part, error)
  }
}

function ask(ctx: Ctx, request: Request, part: Part): Promise<UrlAnswer> {
  const validator = part.journal === null ? null : validatorOf(part.journal)
  const isContinued = part.received > 0 && validator !== null
  return openUrl(ctx, {
    method: 'GET',
    url: request.url,
    headers: isContinued ? { range: `bytes=${part.received}-`, 'if-range': validator } : {},
    ownHeaders: request.headers,
    agents: request.agents,
    idleMs: ctx.settings.downloadStallMs,
  })
}

async function take(
  ctx: Ctx,
  request: Request,
  part: Part,
  progress: Progress,
  answer: UrlAnswer,
): Promise<void> {
  const verdict = judgeAnswer(answer, request, part, ctx.clock.now())
  const isContinued = verdict === 'continue'
  const size = (isContinued ? part.journal?.size : verdict.size) ?? null
  requireSpace(ctx, dirname(request.target), (size ?? 0) - (isContinued ? part.received : 0))
  if (!isContinued) await part.restart(verdict)
  const limit = size ?? request.expectedSize ?? Number.POSITIVE_INFINITY
  progress.at(part.received, size)
  for await (const chunk of answer.body.chunks(ctx.settings.downloadStallMs)) {
    await part.append(chunk)
    if (part.received > limit) throw wrongSize(request, part.received, limit)
    progress.at(part.received, size)
  }
  if (size !== null && part.received < size)
    throw new TransientError(
      wrongSize(request, part.received, size),
      `closed after ${part.received} of ${size} bytes`,
    )
}

function wrongSize({ source }: Request, received: number, expected: number): ComfypinError {
  return new ComfypinError('DOWNLOAD_SIZE', { source, received, expected })
}

/** Node's own errors become ours; what only the next try can tell stays open. */
function asFailure(request: Request, part: Part, error: unknown): unknown {
  if (error instanceof ComfypinError || error instanceof TransientError) return error
  const outcome = outcomeOf(request, part, error)
  return isTransient(error) ? new TransientError(outcome, reasonOf(error)) : outcome
}

function outcomeOf(request: Request, part: Part, error: unknown): ComfypinError {
  const { received } = part
  const size = part.journal?.size ?? null
  // A body that ends early and cannot be continued is useless: its size is all there is to say.
  if (systemCode(error) === 'ECONNRESET' && size !== null && received > 0 && !part.isResumable())
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
