import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { renderPins } from '../render-pins.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'
import { refreshFlags } from '../shared-flags.ts'

export const resolveCommand = defineCommand({
  name: 'resolve',
  summary: {
    en: 'Pin a version: write its lock.',
    ru: 'Закрепить версию: записать файл закрепления.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    ...refreshFlags,
  },
  async run(ctx, input) {
    const { resolveAndSave } = await import('../../resolve/resolve-and-save.ts')
    return resolveAndSave(ctx, selectorOf(input), { refresh: input.flags.refresh === true })
  },
  render({ file, changes }, language) {
    if (changes.length === 0) return say(language, 'lockSame', { file })
    return [say(language, 'lockWritten', { file }), ...renderPins(changes, language)].join('\n')
  },
})
