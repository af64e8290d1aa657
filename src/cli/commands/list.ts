import { listVersions } from '../../realize/list-versions.ts'
import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'

const STATES = {
  ready: 'stateRealized',
  outdated: 'stateOutdated',
  'spec only': 'stateSpecOnly',
  invalid: 'stateInvalid',
} as const

export const listCommand = defineCommand({
  name: 'list',
  synonyms: ['ls', 'status'],
  summary: { en: 'List the versions and their state.', ru: 'Показать версии и их состояние.' },
  positionals: [],
  flags: {},
  async run(ctx) {
    return { versions_dir: ctx.settings.versionsDir, versions: listVersions(ctx.settings) }
  },
  render({ versions, versions_dir: dir }, language) {
    if (versions.length === 0) return say(language, 'listEmpty', { dir })
    const width = Math.max(...versions.map(({ id }) => id.length))
    return versions
      .map(
        ({ id, state, home }) =>
          `${id.padEnd(width)}  ${say(language, STATES[state], {})}  ${home}`,
      )
      .join('\n')
  },
})
