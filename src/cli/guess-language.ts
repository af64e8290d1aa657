import type { Language } from '../core/messages.ts'
import type { Io } from './io.ts'

/** Before the flags are parsed their own mistakes need a language too. */
export function guessLanguage({ argv, env }: Pick<Io, 'argv' | 'env'>): Language {
  const flag = argv.indexOf('--lang')
  const wanted =
    flag >= 0 ? argv[flag + 1] : (argv.find((word) => word.startsWith('--lang='))?.slice(7) ?? null)
  if (wanted) return wanted === 'ru' ? 'ru' : 'en'
  const { COMFYPIN_LANG, LC_ALL, LC_MESSAGES, LANG } = env
  return (COMFYPIN_LANG || LC_ALL || LC_MESSAGES || LANG || '').toLowerCase().startsWith('ru')
    ? 'ru'
    : 'en'
}
