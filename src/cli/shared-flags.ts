import type { Flags } from './command.ts'

/** Of the commands that bring models. */
export const spaceFlags = {
  'skip-space-check': {
    type: 'boolean',
    doc: {
      en: 'Do not compare free space with what is to be downloaded.',
      ru: 'Не сравнивать свободное место с объёмом загрузки.',
    },
  },
} as const satisfies Flags

/** Of the commands that make a version ready. */
export const modelFlags = {
  'skip-models': {
    type: 'boolean',
    doc: { en: 'Leave the models out.', ru: 'Не скачивать модели.' },
  },
} as const satisfies Flags

/** Of the commands that pin repositories. */
export const refreshFlags = {
  refresh: {
    type: 'boolean',
    doc: {
      en: 'Ask the remotes again for pins that follow a branch or tag.',
      ru: 'Спросить удалённые репозитории заново.',
    },
  },
} as const satisfies Flags

/** Of the commands that install Python packages or choose among them. */
export const wheelFlags = {
  'wheels-dir': {
    type: 'string',
    value: 'DIR',
    doc: {
      en: 'Take Python packages from this folder alone.',
      ru: 'Брать пакеты Python только из этой папки.',
    },
  },
} as const satisfies Flags

/** Of the commands that take a version along to another place. */
export const stateFlags = {
  'no-state': {
    type: 'boolean',
    doc: {
      en: 'Leave out what packs keep in their own folders: settings, lists, tokens.',
      ru: 'Не брать то, что паки хранят в своих папках: настройки, списки, токены.',
    },
  },
} as const satisfies Flags

/** Of the commands that write the spec of a new version. */
export const replaceFlags = {
  force: {
    type: 'boolean',
    doc: {
      en: 'Replace a spec that is there; it is kept as <id>.json.bak.',
      ru: 'Заменить имеющуюся спецификацию; она останется как <id>.json.bak.',
    },
  },
} as const satisfies Flags
