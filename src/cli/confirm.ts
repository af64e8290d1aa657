import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { say } from '../core/messages.ts'
import { printable } from '../core/printable.ts'
import type { Ask } from './command.ts'

/**
 * Have somebody agree to what cannot be undone. Only `y`, `yes`, `д` and `да` agree.
 * @param what one line for the error when nobody is there
 * @throws CONFIRM_NEEDED, which names `--yes`
 */
export async function confirm(ctx: Ctx, ask: Ask, what: string, shown: string): Promise<boolean> {
  const { language } = ctx.settings
  const answer = await ask(`${printable(shown)}\n${say(language, 'confirmAsk', {})}`)
  if (answer === null) throw new ComfypinError('CONFIRM_NEEDED', { what })
  return /^(?:y|yes|д|да)$/i.test(answer.trim())
}
