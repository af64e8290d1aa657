import type { PartFlags } from '../versions/create-parts.ts'
import type { Flags } from './command.ts'

/** Flags that put something into the lists of a spec: `create` and `add`. */
export const partFlags = {
  node: {
    type: 'string',
    value: 'PACK',
    multiple: true,
    doc: {
      en: 'A pack: url@ref, owner/name@ref, a pasted page, registry id@version, JSON. Repeatable.',
      ru: 'Пак: url@ref, владелец/имя@ref, адрес страницы, id@версия из реестра, JSON. Можно повторять.',
    },
  },
  nodes: {
    type: 'string',
    value: 'FILE',
    multiple: true,
    doc: {
      en: 'Packs from a JSON or YAML file, or a JSON list. Repeatable.',
      ru: 'Паки из файла JSON или YAML либо список JSON. Можно повторять.',
    },
  },
  model: {
    type: 'string',
    value: 'MODEL',
    multiple: true,
    doc: {
      en: 'A model: its source, or source=…,subdir=…,name=…,sha256=…, or JSON. Repeatable.',
      ru: 'Модель: источник, или source=…,subdir=…,name=…,sha256=…, или JSON. Можно повторять.',
    },
  },
  models: {
    type: 'string',
    value: 'FILE',
    multiple: true,
    doc: {
      en: 'Models from a JSON or YAML file, or a JSON list. Repeatable.',
      ru: 'Модели из файла JSON или YAML либо список JSON. Можно повторять.',
    },
  },
  'python-package': {
    type: 'string',
    value: 'REQUIREMENT',
    multiple: true,
    doc: {
      en: 'A Python requirement as pip writes it. Repeatable.',
      ru: 'Требование Python в записи pip. Можно повторять.',
    },
  },
  env: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    doc: {
      en: 'A variable of install steps and of ComfyUI. Repeatable.',
      ru: 'Переменная для установки и для ComfyUI. Можно повторять.',
    },
  },
} as const satisfies Flags

/** Flags of every command that writes a spec. */
export const writeFlags = {
  'no-resolve': {
    type: 'boolean',
    doc: {
      en: 'Do not ask the remotes; leave the lock alone.',
      ru: 'Не спрашивать удалённые репозитории, не трогать файл закрепления.',
    },
  },
  'dry-run': {
    type: 'boolean',
    doc: { en: 'Show the result; write nothing.', ru: 'Показать результат, ничего не записывая.' },
  },
} as const satisfies Flags

export function partFlagsOf(flags: {
  [K in keyof typeof partFlags]?: string[] | undefined
}): PartFlags {
  return {
    nodes: flags.node ?? [],
    nodeFiles: flags.nodes ?? [],
    models: flags.model ?? [],
    modelFiles: flags.models ?? [],
    pythonPackages: flags['python-package'] ?? [],
    env: flags.env ?? [],
  }
}
