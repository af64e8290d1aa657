import type { ComfypinError } from './errors.ts'
import type { Language } from './messages.ts'

/**
 * Message and hint of a failure in a language, the prose among its parameters included. The table of
 * that prose is long, and only somebody who reads Russian and meets a failure waits for it.
 */
export async function describeError(
  error: ComfypinError,
  language: Language,
): Promise<{ message: string; hint: string }> {
  if (language === 'en') return error.describe(language)
  const { translateParams } = await import('./translate.ts')
  return error.describe(language, translateParams(error.params, language))
}
