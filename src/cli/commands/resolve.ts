import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const resolveCommand = defineCommand({
  name: 'resolve',
  summary: {
    en: 'Pin a version: write its lock.',
    ru: 'Закрепить версию: записать файл блокировки.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    refresh: {
      type: 'boolean',
      doc: {
        en: 'Ask the remotes again for pins that follow a branch or tag.',
        ru: 'Спросить удалённые репозитории заново.',
      },
    },
  },
  async run(ctx, input) {
    const { resolveAndSave } = await import('../../resolve/resolve-and-save.ts')
    return resolveAndSave(ctx, selectorOf(input), { refresh: input.flags.refresh === true })
  },
  render({ file, changes }, language) {
    if (changes.length === 0) return say(language, 'lockSame', { file })
    const lines = changes.map(({ subject, from, to }) => {
      if (from === null) return say(language, 'pinAdded', { subject, to: to ?? '' })
      return to === null
        ? say(language, 'pinRemoved', { subject, from })
        : say(language, 'pinMoved', { subject, from, to })
    })
    return [say(language, 'lockWritten', { file }), ...lines].join('\n')
  },
})
