import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { replaceFlags } from '../shared-flags.ts'

export const cloneCommand = defineCommand({
  name: 'clone',
  synonyms: ['copy'],
  summary: {
    en: 'Make a second version with the same pins; everything large is shared.',
    ru: 'Создать вторую версию с теми же закреплениями; всё крупное общее.',
  },
  positionals: [
    { name: 'id', required: true, doc: { en: 'The version to copy.', ru: 'Исходная версия.' } },
    { name: 'new', required: true, doc: { en: 'Id of the new one.', ru: 'Id новой версии.' } },
  ],
  flags: {
    ...replaceFlags,
  },
  async run(ctx, input) {
    const [source = '', id = ''] = input.args
    const { cloneVersion } = await import('../../versions/clone.ts')
    return cloneVersion(ctx, source, id, { force: input.flags.force === true })
  },
  render({ version_id: id, source_id: source, file, kept, lock }, language) {
    return [
      say(language, lock === null ? 'clonedUnpinned' : 'cloned', { id, source, file }),
      ...(kept === null ? [] : [say(language, 'createdKept', { file: kept })]),
      say(language, 'nextRealize', { id }),
    ].join('\n')
  },
})
