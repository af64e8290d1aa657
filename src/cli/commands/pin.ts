import { resolve } from 'node:path'
import { say } from '../../core/messages.ts'
import { expandHome } from '../../platform/settings.ts'
import { defineCommand } from '../command.ts'
import { wheelFlags } from '../shared-flags.ts'

export const pinCommand = defineCommand({
  name: 'pin',
  summary: {
    en: 'Pin a requirements file: print the exact packages that it leads to.',
    ru: 'Закрепить файл требований: вывести точный список пакетов.',
  },
  positionals: [
    {
      name: 'file',
      required: true,
      doc: { en: 'A requirements file.', ru: 'Файл требований (requirements.txt).' },
    },
  ],
  flags: {
    output: {
      type: 'string',
      value: 'FILE',
      short: 'o',
      doc: {
        en: 'Write the list there; versions that it has already are kept.',
        ru: 'Записать список сюда; уже закреплённые в нём версии сохраняются.',
      },
    },
    'map-wheel-urls': {
      type: 'string',
      value: 'FILE',
      doc: {
        en: 'Take packages from these wheels: a JSON object {"name": "address"} or a pylock.toml.',
        ru: 'Брать пакеты по этим адресам: объект JSON {"имя": "адрес"} или pylock.toml.',
      },
    },
    ...wheelFlags,
    hashes: {
      type: 'boolean',
      doc: { en: 'Add the hash of every file.', ru: 'Добавить хеш каждого файла.' },
    },
    upgrade: {
      type: 'boolean',
      doc: {
        en: 'Take the newest versions instead of those in --output.',
        ru: 'Взять новейшие версии вместо уже записанных в --output.',
      },
    },
  },
  async run(ctx, input) {
    const { pinRequirements } = await import('../../versions/pin-requirements.ts')
    const path = (given: string) => resolve(expandHome(given))
    const { output, 'map-wheel-urls': wheelMap } = input.flags
    return pinRequirements(ctx, path(input.args[0] ?? ''), {
      output: output === undefined ? null : path(output),
      wheelMap: wheelMap === undefined ? null : path(wheelMap),
      hashes: input.flags.hashes === true,
      upgrade: input.flags.upgrade === true,
    })
  },
  render({ output, packages, python, text }, language) {
    if (output === null) return text.trimEnd()
    return say(language, 'pinWritten', { count: packages.length, python, file: output })
  },
})
