import { resolve } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { say, type Language } from '../core/messages.ts'
import { expandHome, type SettingFlags } from '../platform/settings.ts'
import type { Flags, RawInput } from './command.ts'

/** Flags that every command understands. */
export const globalFlags = {
  json: {
    type: 'boolean',
    doc: { en: 'Print the result as JSON on stdout.', ru: 'Вывести результат в JSON на stdout.' },
  },
  progress: {
    type: 'string',
    value: 'auto|plain|ndjson|none',
    doc: { en: 'How progress is shown on stderr.', ru: 'Вид хода работы на stderr.' },
  },
  verbose: {
    type: 'boolean',
    doc: {
      en: 'Show the output of tools and of ComfyUI.',
      ru: 'Показывать вывод инструментов и ComfyUI.',
    },
  },
  lang: {
    type: 'string',
    value: 'en|ru',
    doc: { en: 'Language of messages.', ru: 'Язык сообщений.' },
  },
  'versions-dir': {
    type: 'string',
    value: 'DIR',
    doc: { en: 'Folder of the specs.', ru: 'Папка спецификаций.' },
  },
  'cache-root': {
    type: 'string',
    value: 'DIR',
    doc: { en: 'Root of the shared caches.', ru: 'Корень общих кэшей.' },
  },
  'models-dir': {
    type: 'string',
    value: 'DIR',
    doc: { en: 'The model store.', ru: 'Хранилище моделей.' },
  },
  target: {
    type: 'string',
    value: 'DIR',
    doc: { en: 'The home of the version (COMFY_HOME).', ru: 'Дом версии (COMFY_HOME).' },
  },
  python: {
    type: 'string',
    value: 'PYTHON',
    doc: {
      en: 'Interpreter of the venv: a path, a name or a version.',
      ru: 'Интерпретатор venv: путь, имя или версия.',
    },
  },
  offline: {
    type: 'boolean',
    doc: { en: 'Never touch the network.', ru: 'Не обращаться к сети.' },
  },
  help: { type: 'boolean', short: 'h', doc: { en: 'Show help.', ru: 'Показать справку.' } },
} as const satisfies Flags

/** @param spoken for the mistakes in them */
export function settingFlags(flags: RawInput['flags'], spoken: Language): SettingFlags {
  const text = (name: string): string | undefined => {
    const value = flags[name]
    if (value === '')
      throw new ComfypinError('USAGE', { reason: say(spoken, 'flagEmpty', { name }) })
    return typeof value === 'string' ? value : undefined
  }
  const path = (name: string): string | undefined => {
    const value = text(name)
    return value === undefined ? undefined : resolve(expandHome(value))
  }
  const entries = {
    language: readLanguage(text('lang'), spoken),
    versionsDir: path('versions-dir'),
    cacheRoot: path('cache-root'),
    modelsDir: path('models-dir'),
    home: path('target'),
    wheelsDir: path('wheels-dir'),
    python: text('python'),
    offline: flags['offline'] === true ? true : undefined,
    skipModels: flags['skip-models'] === true ? true : undefined,
    skipSpaceCheck: flags['skip-space-check'] === true ? true : undefined,
  }
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined))
}

function readLanguage(value: string | undefined, spoken: Language): Language | undefined {
  if (value === undefined || value === 'en' || value === 'ru') return value
  throw new ComfypinError('USAGE', {
    reason: say(spoken, 'flagNotOneOf', { name: 'lang', known: 'en, ru', value }),
  })
}
