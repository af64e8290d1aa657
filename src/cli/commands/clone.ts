import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { renderNotes } from '../render-notes.ts'
import { renderKept, renderState } from '../render-state.ts'
import { replaceFlags, stateFlags } from '../shared-flags.ts'

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
    ...stateFlags,
    ...replaceFlags,
  },
  async run(ctx, input) {
    const [source = '', id = ''] = input.args
    const { cloneVersion } = await import('../../versions/clone.ts')
    const { force, 'no-state': noState } = input.flags
    return cloneVersion(ctx, source, id, { force: force === true, state: noState !== true })
  },
  render({ version_id: id, source_id: source, file, lock, state, notes, ...kept }, language) {
    return [
      say(language, lock === null ? 'clonedUnpinned' : 'cloned', { id, source, file }),
      ...renderKept(kept, language),
      ...renderState(state, language),
      ...renderNotes(notes, language),
      say(language, 'nextRealize', { id }),
    ].join('\n')
  },
})
