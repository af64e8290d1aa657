import type { ComfypinError } from './errors.ts'
import type { Language } from './messages.ts'
import { redact } from './redact.ts'
import { fill } from './template.ts'

/**
 * Message and hint of a failure in a language, the prose among its parameters included. The Russian
 * tables are long, and only somebody who reads Russian and meets a failure waits for them.
 */
export async function describeError(
  error: ComfypinError,
  language: Language,
): Promise<{ message: string; hint: string }> {
  if (language === 'en') return { message: error.message, hint: error.hint }
  const { russianErrors } = await import('./error-texts-ru.ts')
  const { translateParams } = await import('./translate.ts')
  const params = translateParams(error.params, language)
  const { message, hint } = russianErrors[error.code]
  return { message: redact(fill(message, params)), hint: redact(fill(hint, params)) }
}
