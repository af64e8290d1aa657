import type { Ctx } from '../core/context.ts'
import { describeError } from '../core/describe-error.ts'
import type { ComfypinError } from '../core/errors.ts'

/** What went wrong with one of several, in the user's language; null: nothing did. */
export async function messageOf(
  { settings }: Ctx,
  error: ComfypinError | null,
): Promise<string | null> {
  return error === null ? null : (await describeError(error, settings.language)).message
}
